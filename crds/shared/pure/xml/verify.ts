import { createHash, type KeyObject } from 'node:crypto';
import { canonicalize } from './canonical.ts';
import { fromBase64, verifyRsa } from './rsa.ts';
import { DIGEST_METHODS, DS, EC, ENVELOPED, EXCLUSIVE, SIGNATURE_METHODS } from './signature-names.ts';
import { attributeOf, childOf, descend, is, isElement, textOf, type XmlElement } from './tree.ts';
import { XmlError } from './xml-error.ts';

/**
 * The enveloped signature of a whole document, in the one form that SAML allows (Core, section 5.4), and nothing else of
 * XML Signature. Owns the answer to "what exactly was signed": it returns the very tree whose text was digested, and
 * callers read only that. (A tree has neither comments nor entities and one text between two tags, so it and its
 * canonical text say the same; a test holds it to that.) It must not know SAML, and takes keys from its caller, never
 * from the document.
 */

/** Throws XmlError. The keys are those of the one who claims to have signed; several while they change. */
export function verifyEnveloped(root: XmlElement, keys: readonly KeyObject[]): XmlElement {
  const signature = onlySignature(root);
  const [signedInfo, value] = partsOf(signature);
  const reference = checkSignedInfo(signedInfo, value, keys);
  const { inclusive } = checkReference(reference, root);
  const signed = { ...root, children: root.children.filter(child => child !== signature) };
  checkDigest(reference, Buffer.from(canonicalize(signed, { inclusive })));
  return signed;
}

/** The Signature of a document, as a direct child of its root; undefined where there is none at all. */
export function findSignature(root: XmlElement): XmlElement | undefined {
  const all = [...descend(root)].filter(element => is(element, DS, 'Signature'));
  const [first] = all;
  if (first === undefined) return undefined;
  if (all.length > 1) throw new XmlError('SignatureMisplaced', 'the document has more than one signature');
  if (!root.children.includes(first))
    throw new XmlError('SignatureMisplaced', 'the signature is not a direct child of the root');
  return first;
}

function onlySignature(root: XmlElement): XmlElement {
  const signature = findSignature(root);
  if (signature === undefined) throw new XmlError('SignatureMissing', 'the document is not signed');
  return signature;
}

/** XML Signature 1.1, section 4.1, without Object. KeyInfo may be there and is never looked at. */
function partsOf(signature: XmlElement): [XmlElement, XmlElement] {
  const [signedInfo, value] = elementsOf(signature, ['SignedInfo', 'SignatureValue', 'KeyInfo']);
  if (signedInfo === undefined || value === undefined) throw malformed();
  return [signedInfo, value];
}

/** Checks the signature over SignedInfo first; nothing of a Reference is looked at before. */
function checkSignedInfo(signedInfo: XmlElement, value: XmlElement, keys: readonly KeyObject[]): XmlElement {
  const method = childOf(signedInfo, DS, 'CanonicalizationMethod');
  if (method === undefined) throw malformed();
  const text = canonicalize(signedInfo, { inclusive: exclusivePrefixes(method, 'SignatureAlgorithm') });
  const bytes = Buffer.from(text);
  const hash = allowed(SIGNATURE_METHODS, childOf(signedInfo, DS, 'SignatureMethod'));
  const signature = fromBase64(textOf(value) ?? '');
  if (signature === undefined) throw malformed();
  if (!verifyRsa(hash, bytes, signature, keys))
    throw new XmlError('SignatureWrong', 'the signature was not made with a registered key over this content');
  const names = ['CanonicalizationMethod', 'SignatureMethod', 'Reference'];
  const [, , reference] = elementsOf(signedInfo, names);
  if (reference === undefined) throw malformed();
  return reference;
}

/** One Reference, to the root by its ID, with the two transforms of SAML Core, section 5.4.4, in their order. */
function checkReference(reference: XmlElement, root: XmlElement): { inclusive: string[] } {
  const id = attributeOf(root, 'ID');
  if (id === undefined || id === '' || attributeOf(reference, 'URI') !== `#${id}`)
    throw new XmlError('SignatureReference', 'the signature does not refer to the root of the document');
  const [transforms] = elementsOf(reference, ['Transforms', 'DigestMethod', 'DigestValue']);
  if (transforms === undefined) throw malformed();
  return { inclusive: checkTransforms(transforms) };
}

function checkTransforms(transforms: XmlElement): string[] {
  const [enveloped, exclusive] = elementsOf(transforms, ['Transform', 'Transform']);
  if (enveloped === undefined || exclusive === undefined) throw badTransform();
  if (attributeOf(enveloped, 'Algorithm') !== ENVELOPED || enveloped.children.some(isElement)) throw badTransform();
  return exclusivePrefixes(exclusive, 'SignatureTransform');
}

/** The PrefixList of an exclusive canonicalization (Exclusive XML Canonicalization, section 3). */
function exclusivePrefixes(method: XmlElement, code: 'SignatureAlgorithm' | 'SignatureTransform'): string[] {
  const [inner, ...rest] = method.children.filter(isElement);
  if (attributeOf(method, 'Algorithm') !== EXCLUSIVE || rest.length > 0)
    throw new XmlError(code, 'only exclusive canonicalization without comments is accepted');
  if (inner === undefined) return [];
  if (!is(inner, EC, 'InclusiveNamespaces')) throw new XmlError(code, 'the canonicalization has unknown parameters');
  const list = (attributeOf(inner, 'PrefixList') ?? '').split(/[ \t\r\n]+/).filter(prefix => prefix !== '');
  return list.map(prefix => (prefix === '#default' ? '' : prefix));
}

function checkDigest(reference: XmlElement, bytes: Uint8Array): void {
  const hash = allowed(DIGEST_METHODS, childOf(reference, DS, 'DigestMethod'));
  const value = childOf(reference, DS, 'DigestValue');
  const expected = fromBase64((value && textOf(value)) ?? '');
  if (expected === undefined || !createHash(hash).update(bytes).digest().equals(expected))
    throw new XmlError('DigestWrong', 'the document was changed after it was signed');
}

function allowed(methods: ReadonlyMap<string, string>, method: XmlElement | undefined): string {
  const hash = method && methods.get(attributeOf(method, 'Algorithm') ?? '');
  if (hash === undefined || method?.children.some(isElement))
    throw new XmlError('SignatureAlgorithm', 'the algorithm of the signature is not accepted');
  return hash;
}

/** The child elements, when they are this sequence or its beginning and nothing more; text between is white space. */
function elementsOf(parent: XmlElement, names: readonly string[]): XmlElement[] {
  const elements = parent.children.filter(isElement);
  const loose = parent.children.some(node => !isElement(node) && /[^ \t\r\n]/.test(node));
  const inOrder = elements.every((child, index) => is(child, DS, names[index] ?? ''));
  if (loose || !inOrder) throw malformed();
  return elements;
}

function malformed(): XmlError {
  return new XmlError('SignatureMalformed', 'the signature does not have the one form that is accepted');
}

function badTransform(): XmlError {
  return new XmlError(
    'SignatureTransform',
    'the transforms must be enveloped-signature and exclusive canonicalization',
  );
}
