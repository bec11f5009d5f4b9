import type { Vocabulary, XmlAttribute, XmlElement, XmlNode } from './tree.ts';
import { XmlError } from './xml-error.ts';

/**
 * Trees of our own making. Values are escaped where they are written (canonical.ts), so no value can become markup;
 * what XML cannot carry at all is refused here.
 */

/** Anything outside Char of XML 1.0, section 2.2; lone surrogates too. */
const UNWRITABLE = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

const NO_SCOPE: ReadonlyMap<string, string> = new Map();

/** Attributes and children that are undefined are left out. Throws XmlError Unwritable. */
export function element(
  vocabulary: Vocabulary,
  local: string,
  attributes: Readonly<Record<string, string | undefined>> = {},
  children: readonly (XmlNode | undefined)[] = [],
): XmlElement {
  const written: XmlAttribute[] = [];
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined) written.push({ prefix: '', local: name, namespace: '', value: writable(value) });
  const nodes: XmlNode[] = [];
  for (const child of children)
    if (child !== undefined) nodes.push(typeof child === 'string' ? writable(child) : child);
  return { ...vocabulary, local, attributes: written, children: nodes, scope: NO_SCOPE };
}

function writable(text: string): string {
  if (UNWRITABLE.test(text)) throw new XmlError('Unwritable', 'a value has a character that XML cannot carry');
  return text;
}
