import { SAMLP } from '#crds/shared/pure/saml/names.ts';
import type { XmlElement } from '#crds/shared/pure/xml/tree.ts';
import { element } from '#crds/shared/pure/xml/write.ts';
import { type Envelope, instant, protocolMessage, type StatusView, statusElement } from './envelope.ts';
import { type NameId, nameIdElement } from './name-id.ts';

/** Logout messages of ours (Core, section 3.7). The binding signs them. */

/** Milliseconds. */
const LIFETIME = 300_000;

export function logoutRequest(envelope: Envelope, session: { nameId: NameId; sessionIndex: string }): XmlElement {
  const notOnOrAfter = instant(envelope.issueInstant + LIFETIME);
  const children = [nameIdElement(session.nameId), element(SAMLP, 'SessionIndex', {}, [session.sessionIndex])];
  return protocolMessage('LogoutRequest', { ...envelope, notOnOrAfter }, children);
}

export function logoutResponse(envelope: Envelope, status: StatusView): XmlElement {
  return protocolMessage('LogoutResponse', envelope, [statusElement(status)]);
}
