import { ENTITY_FORMAT, SAML, SAMLP } from '#crds/shared/pure/saml/names.ts';
import { type ParseOptions, parseXml } from '#crds/shared/pure/xml/parse.ts';
import { attributeOf, descend, type XmlElement } from '#crds/shared/pure/xml/tree.ts';
import { XmlError } from '#crds/shared/pure/xml/xml-error.ts';
import { LIMITS } from '../bindings/binding.ts';
import { SamlError } from '../errors.ts';
import { instantOf, onlyChild, plainText, requiredAttribute, unreadable } from './values.ts';

/** What every protocol message has (Core, sections 3.2.1 and 3.2.2), read from a tree that its caller believes. */

export const MESSAGE_PARSING: ParseOptions = {
  limits: { bytes: LIMITS.xml, depth: 20, elements: 500, attributes: 32 },
  comments: 'refuse',
};

export type MessageName = 'AuthnRequest' | 'LogoutRequest' | 'LogoutResponse';

export interface Message {
  name: MessageName;
  root: XmlElement;
  id: string;
  /** Epoch milliseconds. */
  issueInstant: number;
  issuer: string;
  destination: string | undefined;
}

/** Throws SamlError. */
export function parseMessage(xml: Uint8Array): XmlElement {
  try {
    return parseXml(xml, MESSAGE_PARSING);
  } catch (cause) {
    if (!(cause instanceof XmlError)) throw cause;
    throw new SamlError('MessageUnreadable', `The message cannot be read: ${cause.message}.`, { cause });
  }
}

/** Throws SamlError. */
export function readMessage(root: XmlElement, expected: readonly MessageName[]): Message {
  const name = expected.find(name => root.local === name);
  if (root.namespace !== SAMLP.namespace || name === undefined)
    throw new SamlError('MessageUnexpected', 'Another kind of message belongs here.');
  if (attributeOf(root, 'Version') !== '2.0') throw unreadable('its Version is not 2.0');
  refuseNested(root);
  return {
    name,
    root,
    id: idOf(root),
    issueInstant: instantOf(root, 'IssueInstant'),
    issuer: issuerOf(root),
    destination: attributeOf(root, 'Destination'),
  };
}

/** Core, section 1.3.4: an NCName. At most what a store key should hold. */
function idOf(root: XmlElement): string {
  const id = requiredAttribute(root, 'ID');
  if (!/^[A-Za-z_][-.\w]{0,255}$/.test(id)) throw unreadable('its ID is not a name');
  return id;
}

/** Who claims to have sent it, also of a message that is not believed yet. */
export function issuerOf(root: XmlElement): string {
  const issuer = onlyChild(root, SAML, 'Issuer');
  if (issuer === undefined) throw unreadable('it has no Issuer');
  if ((attributeOf(issuer, 'Format') ?? ENTITY_FORMAT) !== ENTITY_FORMAT)
    throw unreadable('its Issuer is not an entity');
  return plainText(issuer);
}

/** What a message of ours may have of the protocol below its root (Core, sections 3.3 to 3.7; no message in a message). */
const PARTS = new Set([
  'Extensions',
  'NameIDPolicy',
  'RequestedAuthnContext',
  'Scoping',
  'IDPList',
  'IDPEntry',
  'GetComplete',
  'RequesterID',
  'SessionIndex',
  'Status',
  'StatusCode',
  'StatusMessage',
  'StatusDetail',
]);

/** The signed message inside another, or an assertion inside a request, is how signatures are wrapped. */
function refuseNested(root: XmlElement): void {
  for (const element of descend(root)) {
    const message = element.namespace === SAMLP.namespace && element !== root && !PARTS.has(element.local);
    const assertion = element.namespace === SAML.namespace && element.local.endsWith('Assertion');
    if (message || assertion) throw unreadable('there is a message inside the message');
  }
}
