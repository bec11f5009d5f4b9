import { isElement, type XmlAttribute, type XmlElement, type XmlNode } from './tree.ts';

/**
 * Exclusive XML Canonicalization 1.0 without comments (W3C, 2002): the one text of a tree. What we sign is digested over
 * it, and it is also the only way we write XML, so our messages are canonical by construction.
 */

export interface CanonicalOptions {
  /** InclusiveNamespaces PrefixList; '' is `#default`. */
  inclusive?: readonly string[];
}

type Rendered = ReadonlyMap<string, string>;

export function canonicalize(element: XmlElement, options: CanonicalOptions = {}): string {
  return renderElement(element, new Map(), options);
}

function renderElement(element: XmlElement, rendered: Rendered, options: CanonicalOptions): string {
  const name = qualified(element.prefix, element.local);
  const declarations = declarationsOf(element, rendered, options.inclusive ?? []);
  const inner = declarations.length === 0 ? rendered : new Map([...rendered, ...declarations]);
  const attributes = element.attributes.length < 2 ? element.attributes : [...element.attributes].sort(byName);
  let text = `<${name}`;
  for (const [prefix, uri] of declarations)
    text += ` ${prefix === '' ? 'xmlns' : `xmlns:${prefix}`}="${escapeAttribute(uri)}"`;
  for (const { prefix, local, value } of attributes) text += ` ${qualified(prefix, local)}="${escapeAttribute(value)}"`;
  text += '>';
  for (const child of element.children) text += renderNode(child, inner, options);
  return `${text}</${name}>`;
}

function renderNode(node: XmlNode, rendered: Rendered, options: CanonicalOptions): string {
  return isElement(node) ? renderElement(node, rendered, options) : escapeText(node);
}

/** Section 3: visibly utilized prefixes that the output has not declared alike already, in order of the prefix. */
function declarationsOf(element: XmlElement, rendered: Rendered, inclusive: readonly string[]): [string, string][] {
  if (inclusive.length === 0 && isDeclared(element, rendered)) return NONE;
  const wanted = new Map([[element.prefix, element.namespace]]);
  for (const { prefix, namespace } of element.attributes) if (prefix !== '') wanted.set(prefix, namespace);
  for (const prefix of inclusive) {
    const uri = element.scope.get(prefix);
    if (uri !== undefined && !wanted.has(prefix)) wanted.set(prefix, uri);
  }
  wanted.delete('xml');
  const missing = [...wanted].filter(([prefix, uri]) => (rendered.get(prefix) ?? '') !== uri);
  return missing.length < 2 ? missing : missing.sort(([a], [b]) => (a < b ? -1 : 1));
}

const NONE: [string, string][] = [];

/** Most elements: in the namespace of what is around them, with plain attributes. */
function isDeclared({ prefix, namespace, attributes }: XmlElement, rendered: Rendered): boolean {
  return rendered.get(prefix) === namespace && attributes.every(attribute => attribute.prefix === '');
}

/** By namespace, then by local name; those in no namespace come first. */
function byName(a: XmlAttribute, b: XmlAttribute): number {
  if (a.namespace !== b.namespace) return a.namespace < b.namespace ? -1 : 1;
  return a.local < b.local ? -1 : 1;
}

function qualified(prefix: string, local: string): string {
  return prefix === '' ? local : `${prefix}:${local}`;
}

const TEXT: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#xD;' };
const ATTRIBUTE: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '"': '&quot;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
};

/** Canonical XML 1.0, section 2.3. */
function escapeText(text: string): string {
  return /[&<>\r]/.test(text) ? text.replaceAll(/[&<>\r]/g, found => TEXT[found] ?? found) : text;
}

function escapeAttribute(text: string): string {
  return /[&<"\t\n\r]/.test(text) ? text.replaceAll(/[&<"\t\n\r]/g, found => ATTRIBUTE[found] ?? found) : text;
}
