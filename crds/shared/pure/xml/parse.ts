import { type RawAttribute, scan } from './scan.ts';
import type { XmlAttribute, XmlElement, XmlNode } from './tree.ts';
import { XmlError } from './xml-error.ts';

/**
 * Bytes -> tree, strictly. Owns what a document may contain: XML 1.0 in UTF-8, well-formed with namespaces, without a
 * document type (so without entities beyond the five), without processing instructions, with unique ids, within limits
 * that hold before memory is spent. It must not know SAML. There is one tree, and both the check of a signature and the
 * reading of values use it, so that no second parser can disagree.
 */

interface ParseLimits {
  bytes: number;
  depth: number;
  elements: number;
  /** Of one element, namespace declarations included. */
  attributes: number;
}

export interface ParseOptions {
  limits: ParseLimits;
  /**
   * refuse: for messages, which never need one, and where `a<!-- -->b` is read as `a` by many (CVE-2017-11427 and its
   * family). drop: for metadata files that people write; text around a comment is joined.
   */
  comments: 'refuse' | 'drop';
}

const XML = 'http://www.w3.org/XML/1998/namespace';
const XMLNS = 'http://www.w3.org/2000/xmlns/';

interface OpenElement {
  element: XmlElement;
  children: XmlNode[];
}

/** Throws XmlError. */
export function parseXml(bytes: Uint8Array, options: ParseOptions): XmlElement {
  if (bytes.byteLength > options.limits.bytes)
    throw new XmlError('TooLarge', `the document is larger than ${options.limits.bytes} bytes`);
  const reader = new Reader(options);
  scan(decode(bytes), reader);
  return reader.result();
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new XmlError('NotUtf8', 'the document is not UTF-8', { cause });
  }
}

class Reader {
  private readonly options: ParseOptions;
  private readonly stack: OpenElement[] = [];
  private readonly ids = new Set<string>();
  private elements = 0;
  private root: XmlElement | undefined;

  constructor(options: ParseOptions) {
    this.options = options;
  }

  result(): XmlElement {
    return this.root ?? refuse('NotWellFormed', 'the document has no root element');
  }

  comment(): void {
    if (this.options.comments === 'refuse') refuse('Comment', 'a comment is not allowed');
  }

  /** Adjacent pieces are one text, whatever stood between them. */
  text(text: string): void {
    const children = this.stack.at(-1)?.children;
    if (children === undefined || text === '') return;
    const last = children.at(-1);
    if (typeof last === 'string') children[children.length - 1] = last + text;
    else children.push(text);
  }

  open(prefix: string, local: string, attributes: RawAttribute[]): void {
    const { limits } = this.options;
    this.elements += 1;
    if (this.elements > limits.elements)
      refuse('TooManyElements', `the document has more than ${limits.elements} elements`);
    if (this.stack.length >= limits.depth)
      refuse('TooDeep', `the document is nested more than ${limits.depth} levels deep`);
    if (attributes.length > limits.attributes)
      refuse('TooManyAttributes', `an element has more than ${limits.attributes} attributes`);
    const parent = this.stack.at(-1);
    const made = makeElement({ prefix, local }, attributes, parent?.element.scope ?? NO_SCOPE);
    for (const attribute of made.element.attributes) this.noteId(attribute);
    parent?.children.push(made.element);
    this.root ??= made.element;
    this.stack.push(made);
  }

  close(): void {
    this.stack.pop();
  }

  /** Whatever any reader might take for an id counts, so that no two readers can mean different elements by one. */
  private noteId({ local, namespace, value }: XmlAttribute): void {
    if (local.length !== 2 || local.toLowerCase() !== 'id' || (namespace !== '' && namespace !== XML)) return;
    if (this.ids.has(value)) refuse('DuplicateId', 'an id occurs twice');
    this.ids.add(value);
  }
}

type Scope = ReadonlyMap<string, string>;

const NO_SCOPE: Scope = new Map();

function makeElement(name: { prefix: string; local: string }, raw: RawAttribute[], inherited: Scope): OpenElement {
  const declarations = raw.filter(isDeclaration);
  const scope = extend(inherited, declarations);
  const attributes: XmlAttribute[] = [];
  for (const attribute of raw) {
    if (isDeclaration(attribute)) continue;
    const namespace = attribute.prefix === '' ? '' : namespaceOf(attribute.prefix, scope);
    if (attributes.some(other => other.local === attribute.local && other.namespace === namespace)) throw malformed();
    attributes.push({ ...attribute, namespace });
  }
  const children: XmlNode[] = [];
  return { element: { ...name, namespace: namespaceOf(name.prefix, scope), attributes, children, scope }, children };
}

function isDeclaration({ prefix, local }: RawAttribute): boolean {
  return prefix === 'xmlns' || (prefix === '' && local === 'xmlns');
}

/** Namespaces in XML 1.0, sections 3 and 5. */
function namespaceOf(prefix: string, scope: Scope): string {
  if (prefix === 'xml') return XML;
  const namespace = scope.get(prefix);
  if (namespace === undefined && prefix !== '') throw malformed();
  return namespace ?? '';
}

function extend(inherited: Scope, declarations: RawAttribute[]): Scope {
  if (declarations.length === 0) return inherited;
  const scope = new Map(inherited);
  const declared = new Set<string>();
  for (const { prefix, local, value } of declarations) {
    const name = prefix === '' ? '' : local;
    if (declared.has(name)) throw malformed();
    declared.add(name);
    checkDeclaration(name, value);
    scope.set(name, value);
  }
  return scope;
}

/** Reserved names and the empty one; relative names have no canonical form (Canonical XML 1.0, section 1.3). */
function checkDeclaration(prefix: string, namespace: string): void {
  if (prefix === 'xmlns' || namespace === XMLNS || (prefix === 'xml') !== (namespace === XML)) throw malformed();
  if (prefix !== '' && namespace === '') throw malformed();
  if (namespace !== '' && !/^[A-Za-z][-+.A-Za-z0-9]*:[!-~]*$/.test(namespace))
    refuse('RelativeNamespace', 'a namespace name is not an absolute address');
}

function malformed(): XmlError {
  return new XmlError('NotWellFormed', 'the document is not well-formed XML');
}

function refuse(code: XmlError['code'], message: string): never {
  throw new XmlError(code, message);
}
