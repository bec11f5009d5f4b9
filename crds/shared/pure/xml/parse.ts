import { type SaxesAttributeNS, SaxesParser, type SaxesTagNS } from 'saxes';
import type { XmlAttribute, XmlElement, XmlNode } from './tree.ts';
import { XmlError } from './xml-error.ts';

/**
 * Bytes -> tree, strictly. Owns what a document may contain: XML 1.0 in UTF-8, well-formed with namespaces, without a
 * document type (so without entities beyond the five), without processing instructions, with unique ids, within limits
 * that hold before memory is spent. It must not know SAML. The tokens are made by saxes; there is one tree, and both the
 * check of a signature and the reading of values use it, so that no second parser can disagree.
 */

export interface ParseLimits {
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

const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace';
const XMLNS_NAMESPACE = 'http://www.w3.org/2000/xmlns/';

interface OpenElement {
  element: XmlElement;
  children: XmlNode[];
}

/** Throws XmlError. */
export function parseXml(bytes: Uint8Array, options: ParseOptions): XmlElement {
  if (bytes.byteLength > options.limits.bytes)
    throw new XmlError('TooLarge', `the document is larger than ${options.limits.bytes} bytes`);
  return new Reader(options).read(decode(bytes));
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
  private readonly open: OpenElement[] = [];
  private readonly ids = new Set<string>();
  private elements = 0;
  private root: XmlElement | undefined;

  constructor(options: ParseOptions) {
    this.options = options;
  }

  read(text: string): XmlElement {
    const parser = new SaxesParser({ xmlns: true, position: false });
    parser.on('error', cause => refuse('NotWellFormed', 'the document is not well-formed XML', cause));
    parser.on('doctype', () => refuse('DocumentType', 'a document type is not allowed'));
    parser.on('processinginstruction', () => refuse('ProcessingInstruction', 'an instruction is not allowed'));
    parser.on('xmldecl', declaration => checkDeclaration(declaration));
    parser.on('comment', () => this.comment());
    parser.on('text', text => this.text(text));
    parser.on('cdata', text => this.text(text));
    parser.on('opentag', tag => this.opened(tag));
    parser.on('closetag', () => this.open.pop());
    parser.write(text).close();
    return this.root ?? refuse('NotWellFormed', 'the document has no root element');
  }

  private comment(): void {
    if (this.options.comments === 'refuse') refuse('Comment', 'a comment is not allowed');
  }

  /** Adjacent pieces are one text, whatever stood between them. Outside the root there is only white space. */
  private text(text: string): void {
    const children = this.open.at(-1)?.children;
    if (children === undefined || text === '') return;
    const last = children.at(-1);
    if (typeof last === 'string') children[children.length - 1] = last + text;
    else children.push(text);
  }

  private opened(tag: SaxesTagNS): void {
    const { limits } = this.options;
    this.elements += 1;
    if (this.elements > limits.elements)
      refuse('TooManyElements', `the document has more than ${limits.elements} elements`);
    if (this.open.length >= limits.depth)
      refuse('TooDeep', `the document is nested more than ${limits.depth} levels deep`);
    const parent = this.open.at(-1);
    const made = makeElement(tag, parent?.element.scope ?? new Map(), limits.attributes);
    for (const attribute of made.element.attributes) this.noteId(attribute);
    parent?.children.push(made.element);
    this.root ??= made.element;
    this.open.push(made);
  }

  /** Whatever any reader might take for an id counts, so that no two readers can mean different elements by one. */
  private noteId({ local, namespace, value }: XmlAttribute): void {
    if (local.toLowerCase() !== 'id' || (namespace !== '' && namespace !== XML_NAMESPACE)) return;
    if (this.ids.has(value)) refuse('DuplicateId', 'an id occurs twice');
    this.ids.add(value);
  }
}

function makeElement(tag: SaxesTagNS, inherited: ReadonlyMap<string, string>, limit: number): OpenElement {
  const all = Object.values(tag.attributes);
  if (all.length > limit) refuse('TooManyAttributes', `an element has more than ${limit} attributes`);
  const declarations = all.filter(attribute => attribute.uri === XMLNS_NAMESPACE);
  const attributes = all.filter(attribute => attribute.uri !== XMLNS_NAMESPACE).map(readAttribute);
  const children: XmlNode[] = [];
  const scope = extend(inherited, declarations);
  return {
    element: { prefix: tag.prefix, local: tag.local, namespace: tag.uri, attributes, children, scope },
    children,
  };
}

function readAttribute({ prefix, local, uri, value }: SaxesAttributeNS): XmlAttribute {
  return { prefix, local, namespace: uri, value };
}

/** Relative namespace names have no canonical form (Canonical XML 1.0, section 1.3). */
function extend(inherited: ReadonlyMap<string, string>, declarations: SaxesAttributeNS[]): ReadonlyMap<string, string> {
  if (declarations.length === 0) return inherited;
  const scope = new Map(inherited);
  for (const { name, local, value } of declarations) {
    if (value !== '' && !/^[A-Za-z][-+.A-Za-z0-9]*:/.test(value))
      refuse('RelativeNamespace', 'a namespace name is not absolute');
    scope.set(name === 'xmlns' ? '' : local, value);
  }
  return scope;
}

function checkDeclaration({ version, encoding }: { version?: string; encoding?: string }): void {
  if (version !== '1.0') refuse('Declaration', 'only XML 1.0 is read');
  if (encoding !== undefined && encoding.toLowerCase() !== 'utf-8') refuse('Declaration', 'only UTF-8 is read');
}

function refuse(code: XmlError['code'], message: string, cause?: unknown): never {
  throw new XmlError(code, message, { cause });
}
