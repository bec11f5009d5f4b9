import { SAML, SAMLP, STATUS } from '#crds/shared/pure/saml/names.ts';
import { attributeOf, childOf, childrenOf } from '#crds/shared/pure/xml/tree.ts';
import type { Message } from './message.ts';
import { instantOf, onlyChild, plainText, requiredAttribute, unreadable } from './values.ts';

/** LogoutRequest and LogoutResponse (Core, section 3.7). */

export interface LogoutRequest {
  id: string;
  nameId: { value: string; format: string | undefined };
  /** Empty: every session of that person at that application. */
  sessionIndexes: string[];
  /** Epoch milliseconds. */
  notOnOrAfter: number | undefined;
}

export interface LogoutResponse {
  inResponseTo: string;
  success: boolean;
}

const MOST_SESSIONS = 20;

/** Throws SamlError. */
export function readLogoutRequest({ root, id }: Message): LogoutRequest {
  const nameId = onlyChild(root, SAML, 'NameID');
  if (nameId === undefined) throw unreadable('it has no NameID');
  const indexes = childrenOf(root, SAMLP, 'SessionIndex');
  if (indexes.length > MOST_SESSIONS) throw unreadable('it names too many sessions');
  return {
    id,
    nameId: { value: plainText(nameId), format: attributeOf(nameId, 'Format') },
    sessionIndexes: indexes.map(element => plainText(element, 256)),
    notOnOrAfter: attributeOf(root, 'NotOnOrAfter') === undefined ? undefined : instantOf(root, 'NotOnOrAfter'),
  };
}

/** Throws SamlError. */
export function readLogoutResponse({ root }: Message): LogoutResponse {
  const status = onlyChild(root, SAMLP, 'Status');
  const code = status && onlyChild(status, SAMLP, 'StatusCode');
  if (code === undefined) throw unreadable('it has no status');
  // Success with PartialLogout below it is what some send for "not everybody was told".
  const whole = childOf(code, SAMLP, 'StatusCode') === undefined;
  return {
    inResponseTo: requiredAttribute(root, 'InResponseTo'),
    success: attributeOf(code, 'Value') === STATUS.Success && whole,
  };
}
