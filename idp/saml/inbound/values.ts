import { attributeOf, childrenOf, textOf, type Vocabulary, type XmlElement } from '#crds/shared/pure/xml/tree.ts';
import { SamlError } from '../errors.ts';

/** Reading of attributes and of children by their XML Schema types: one meaning or an error, never a guess. */

export function requiredAttribute(element: XmlElement, name: string): string {
  const value = attributeOf(element, name);
  if (value === undefined || value === '') throw unreadable(`${element.local} has no ${name}`);
  return value;
}

/** xs:boolean; false where it is absent. */
export function booleanOf(element: XmlElement, name: string): boolean {
  const value = attributeOf(element, name) ?? 'false';
  if (['true', '1'].includes(value)) return true;
  if (['false', '0'].includes(value)) return false;
  throw unreadable(`${name} is neither true nor false`);
}

/** xs:unsignedShort. */
export function indexOf(element: XmlElement, name: string): number | undefined {
  const value = attributeOf(element, name);
  if (value === undefined) return undefined;
  if (!/^[0-9]{1,5}$/.test(value)) throw unreadable(`${name} is not a number`);
  return Number(value);
}

const UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;

/** xs:dateTime in UTC, as Core section 1.3.3 demands; epoch milliseconds. */
export function instantOf(element: XmlElement, name: string): number {
  const value = requiredAttribute(element, name);
  const time = UTC.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(time)) throw unreadable(`${name} is not a time in UTC`);
  return time;
}

/** At most one direct child of that name. */
export function onlyChild(element: XmlElement, vocabulary: Vocabulary, local: string): XmlElement | undefined {
  const [first, ...rest] = childrenOf(element, vocabulary, local);
  if (rest.length > 0) throw unreadable(`${element.local} has more than one ${local}`);
  return first;
}

/** The text of an element that holds nothing else. */
export function plainText(element: XmlElement, longest = 1024): string {
  const text = textOf(element);
  if (text === undefined || text === '' || text.length > longest)
    throw unreadable(`${element.local} is not plain text`);
  return text;
}

export function unreadable(what: string): SamlError {
  return new SamlError('MessageUnreadable', `The message cannot be used: ${what}.`);
}
