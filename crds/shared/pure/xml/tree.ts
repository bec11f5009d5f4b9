/** XML as a plain value: elements, their attributes, and text. No comments, no instructions, no document type. */

export interface XmlAttribute {
  /** '' for an attribute without a prefix, which is in no namespace. */
  readonly prefix: string;
  readonly local: string;
  readonly namespace: string;
  readonly value: string;
}

export type XmlNode = XmlElement | string;

export interface XmlElement {
  readonly prefix: string;
  readonly local: string;
  readonly namespace: string;
  readonly attributes: readonly XmlAttribute[];
  readonly children: readonly XmlNode[];
  /** Every prefix in scope and its namespace. Only canonicalization with an InclusiveNamespaces list asks. */
  readonly scope: ReadonlyMap<string, string>;
}

/** Where a name lives, and the prefix under which we write it. */
export interface Vocabulary {
  readonly prefix: string;
  readonly namespace: string;
}

export function isElement(node: XmlNode): node is XmlElement {
  return typeof node !== 'string';
}

export function is(element: XmlElement, vocabulary: Vocabulary, local: string): boolean {
  return element.local === local && element.namespace === vocabulary.namespace;
}

/** Direct children of that name; nothing here ever looks further down by name. */
export function childrenOf(element: XmlElement, vocabulary: Vocabulary, local: string): XmlElement[] {
  return element.children.filter(isElement).filter(child => is(child, vocabulary, local));
}

/** The first direct child of that name. */
export function childOf(element: XmlElement, vocabulary: Vocabulary, local: string): XmlElement | undefined {
  return element.children.find((child): child is XmlElement => isElement(child) && is(child, vocabulary, local));
}

/** The value of an attribute that is in no namespace. */
export function attributeOf(element: XmlElement, local: string): string | undefined {
  return element.attributes.find(attribute => attribute.local === local && attribute.namespace === '')?.value;
}

/** The whole text of an element without child elements, trimmed of XML white space; undefined where there are any. */
export function textOf(element: XmlElement): string | undefined {
  const texts = element.children.filter(node => typeof node === 'string');
  if (texts.length < element.children.length) return undefined;
  return texts.join('').replaceAll(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
}

/** The element and everything below it, in document order. */
export function* descend(element: XmlElement): Generator<XmlElement> {
  yield element;
  for (const child of element.children) if (isElement(child)) yield* descend(child);
}
