import type { SamlClientDocument } from '#crds/schema/live-config.ts';
import { type SigningKey, signEnveloped } from '#crds/shared/pure/xml/sign.ts';
import type { XmlElement } from '#crds/shared/pure/xml/tree.ts';
import { type AssertionFacts, assertionElement } from './assertion.ts';
import { type Envelope, protocolMessage, type StatusView, statusElement } from './envelope.ts';

/** The answer to an AuthnRequest (Core, section 3.3.3), signed as the application wants it. */

type Signing = SamlClientDocument['sign'];

const BEHIND_ISSUER = 1;

/** Throws XmlError Unwritable (a value that XML cannot carry) and KeyNotRsa. */
export function successResponse(envelope: Envelope, facts: AssertionFacts, key: SigningKey): XmlElement {
  const { sign } = facts.client;
  const plain = assertionElement(facts);
  const assertion = sign.assertion ? signed(plain, key, sign) : plain;
  const response = protocolMessage('Response', envelope, [statusElement({ code: 'Success' }), assertion]);
  return sign.response ? signed(response, key, sign) : response;
}

/** Always signed: it has no assertion that could be. */
export function errorResponse(
  envelope: Envelope,
  status: StatusView,
  by: { key: SigningKey; sign: Signing },
): XmlElement {
  return signed(protocolMessage('Response', envelope, [statusElement(status)]), by.key, by.sign);
}

function signed(unsigned: XmlElement, key: SigningKey, { algorithm }: Signing): XmlElement {
  return signEnveloped(unsigned, key, { algorithm, behind: BEHIND_ISSUER });
}
