import { createHash } from 'node:crypto';
import type { SamlClientDocument } from '#crds/schema/live-config.ts';
import { verifyRsa } from '#crds/shared/pure/xml/rsa.ts';
import { SIGNATURE_METHODS } from '#crds/shared/pure/xml/signature-names.ts';
import type { XmlElement } from '#crds/shared/pure/xml/tree.ts';
import { findSignature, verifyEnveloped } from '#crds/shared/pure/xml/verify.ts';
import { XmlError } from '#crds/shared/pure/xml/xml-error.ts';
import type { Tenant } from '#idp/tenants/tenant.ts';
import type { Received } from '../bindings/binding.ts';
import { SamlError } from '../errors.ts';
import { verificationKeys } from '../keys.ts';
import type { SamlClients } from '../needs.ts';
import { issuerOf, type Message, type MessageName, parseMessage, readMessage } from './message.ts';
import type { ReplayCache } from './replay.ts';

/**
 * The only way for a message to come in. Owns whom we believe and what: sender, signature, address, time, and that it
 * comes once. It must not know what a message wants. Everything behind it reads `message.root`, which is what was signed.
 */

export interface Accepting {
  tenant: Tenant;
  clients: SamlClients;
  replays: ReplayCache;
  /** Milliseconds since the epoch. */
  now: number;
  /** The address that it came to, as our metadata tells it. */
  endpoint: string;
  expected: readonly MessageName[];
}

export interface Accepted {
  message: Message;
  client: SamlClientDocument;
  relayState: string | undefined;
}

/** Seconds. A message is made when the browser leaves the application; clocks differ by a little. */
const OLDEST = 300;
const SKEW = 120;

/** Throws SamlError, StoreUnavailable. */
export async function accept(received: Received, how: Accepting): Promise<Accepted> {
  const parsed = parseMessage(received.xml);
  const client = senderOf(parsed, how);
  try {
    const { root, signed } = believe(received, parsed, client, how.expected);
    const message = readMessage(root, how.expected);
    checkIssuer(message, client);
    checkDestination(message, how.endpoint, signed);
    checkTime(message, how.now);
    await checkFirst(message, how);
    return { message, client, relayState: received.relayState };
  } catch (error) {
    // From here on the application is known: the page can offer a way back to it, and the log can name it.
    if (error instanceof SamlError)
      throw new SamlError(error.code, error.message, { cause: error.cause, entityId: client.entityId });
    throw error;
  }
}

/** By the claim of the message, which the signature then has to prove. */
function senderOf(root: XmlElement, { tenant, clients }: Accepting): SamlClientDocument {
  const client = clients.byEntityId(tenant, issuerOf(root));
  // "Unknown" and "not allowed" read the same.
  if (client?.enabled !== true) throw new SamlError('IssuerUnknown', 'This application is not known here.');
  return client;
}

interface Belief {
  root: XmlElement;
  signed: boolean;
}

/** A signature that is there is checked, wanted or not: one that is wrong is never "no signature". */
function believe(
  received: Received,
  root: XmlElement,
  client: SamlClientDocument,
  expected: readonly MessageName[],
): Belief {
  try {
    const enveloped = findSignature(root) !== undefined;
    if (enveloped && !received.enveloped)
      throw new XmlError('SignatureMisplaced', 'with this binding the signature is not inside the message');
    if (enveloped) return { root: verifyEnveloped(root, verificationKeys(client)), signed: true };
    if (received.detached !== undefined) return { root: verifyDetached(received.detached, root, client), signed: true };
  } catch (cause) {
    if (!(cause instanceof XmlError)) throw cause;
    throw new SamlError('SignatureRefused', `The signature of the message is refused: ${cause.message}.`, { cause });
  }
  // Profiles, section 4.4.4.1: logout messages are always signed. An AuthnRequest need not be.
  if (client.requireSignedRequests || !expected.includes('AuthnRequest'))
    throw new SamlError('SignatureMissing', 'The message must be signed.');
  return { root, signed: false };
}

/** Redirect binding: the octets hold the whole message, so the tree that was parsed from it is what was signed. */
function verifyDetached(
  { algorithm, octets, signature }: NonNullable<Received['detached']>,
  root: XmlElement,
  client: SamlClientDocument,
): XmlElement {
  const hash = SIGNATURE_METHODS.get(algorithm);
  if (hash === undefined) throw new XmlError('SignatureAlgorithm', 'the algorithm of the signature is not accepted');
  if (!verifyRsa(hash, octets, signature, verificationKeys(client)))
    throw new XmlError('SignatureWrong', 'the signature was not made with a registered key over this content');
  return root;
}

function checkIssuer({ issuer }: Message, client: SamlClientDocument): void {
  if (issuer !== client.entityId) throw new SamlError('IssuerUnknown', 'This application is not known here.');
}

/** Bindings, sections 3.4.5.2 and 3.5.5.2: a signed message says where it was meant to go. */
function checkDestination({ destination }: Message, endpoint: string, signed: boolean): void {
  if (destination === endpoint || (destination === undefined && !signed)) return;
  throw new SamlError('DestinationWrong', 'The message was made for another address.');
}

function checkTime({ issueInstant }: Message, now: number): void {
  const age = (now - issueInstant) / 1000;
  if (age > OLDEST + SKEW) throw new SamlError('TimeWrong', 'The message is too old. Please start again.');
  if (age < -SKEW) throw new SamlError('TimeWrong', 'The message is from the future: a clock is wrong.');
}

/** As long as its time allows it to come, it comes once. */
async function checkFirst({ id, issuer }: Message, { replays, tenant }: Accepting): Promise<void> {
  const name = createHash('sha256')
    .update(JSON.stringify([issuer, id]))
    .digest('base64url');
  if (await replays.isFirst(`${tenant.document.uid}/SamlSeen/${name}`, OLDEST + 2 * SKEW)) return;
  throw new SamlError('Replayed', 'This message was used already. Please start again.');
}
