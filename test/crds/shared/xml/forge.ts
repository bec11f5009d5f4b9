import { createHash, type KeyObject, sign } from 'node:crypto';
import { type ParseOptions, parseXml } from '#crds/shared/pure/xml/parse.ts';
import type { XmlElement } from '#crds/shared/pure/xml/tree.ts';
import { verifyEnveloped } from '#crds/shared/pure/xml/verify.ts';
import { samlKey } from '#test/support/saml-keys.ts';

/** Signatures by hand, to be bent out of shape. */

export const OPTIONS: ParseOptions = {
  limits: { bytes: 100_000, depth: 20, elements: 500, attributes: 32 },
  comments: 'refuse',
};
export const KEY = samlKey('signer');
export const ROOT = { prefix: 't', namespace: 'urn:test' };

export const parse = (xml: string): XmlElement => parseXml(Buffer.from(xml), OPTIONS);
export const verify = (xml: string, keys: KeyObject[] = [KEY.publicKey]): XmlElement =>
  verifyEnveloped(parse(xml), keys);

export interface Parts {
  /** Replaces the canonical SignedInfo before it is signed. */
  signedInfo?: (text: string) => string;
  /** Makes the signature value over the bytes of SignedInfo. */
  value?: (bytes: Buffer) => string;
  /** Behind what was signed. */
  after?: (xml: string) => string;
  body?: string;
}

export const C14N = 'http://www.w3.org/2001/10/xml-exc-c14n#';
export const DS = 'http://www.w3.org/2000/09/xmldsig#';

/** A Signature by hand, so that each part of it can be another, with a value that is right for what it says. */
export function forge({
  signedInfo = text => text,
  value,
  after = xml => xml,
  body = '<t:a>x</t:a>',
}: Parts = {}): string {
  const open = '<t:root xmlns:t="urn:test" ID="r">';
  const digest = createHash('sha256').update(`${open}${body}</t:root>`).digest('base64');
  const info = signedInfo(
    `<ds:SignedInfo xmlns:ds="${DS}"><ds:CanonicalizationMethod Algorithm="${C14N}"></ds:CanonicalizationMethod><ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"></ds:SignatureMethod><ds:Reference URI="#r"><ds:Transforms><ds:Transform Algorithm="${DS}enveloped-signature"></ds:Transform><ds:Transform Algorithm="${C14N}"></ds:Transform></ds:Transforms><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></ds:DigestMethod><ds:DigestValue>${digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>`,
  );
  const make = value ?? (bytes => sign('sha256', bytes, KEY.key).toString('base64'));
  const signature = `<ds:Signature xmlns:ds="${DS}">${info}<ds:SignatureValue>${make(Buffer.from(info))}</ds:SignatureValue></ds:Signature>`;
  return after(`${open}${signature}${body}</t:root>`);
}

export const DIGEST = /<ds:DigestValue>.*<\/ds:DigestValue>/;
