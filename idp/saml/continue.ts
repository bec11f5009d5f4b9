import type { SamlClientDocument } from '#crds/schema/live-config.ts';
import { XmlError } from '#crds/shared/pure/xml/xml-error.ts';
import type { Answer } from './answer.ts';
import { SamlError } from './errors.ts';
import type { Exchange, SignedIn } from './needs.ts';
import { contextOf } from './outbound/authn-context.ts';
import type { StatusView } from './outbound/envelope.ts';
import { type NameId, nameIdOf } from './outbound/name-id.ts';
import { type ParkedRequest, take } from './parked.ts';
import { type Granted, respondWithAssertion, respondWithError } from './respond.ts';
import type { Scope } from './scope.ts';

/**
 * Step two of a sign-in: the browser is back from the door. Nothing in the address is believed: whatever the request
 * wanted is checked again here against the session itself, since a browser can strip a wish out of an address.
 */

export interface Return {
  /** The relay of {@link SignInWish}. */
  id: string;
  /** What the door says went wrong; only ever a reason to refuse. */
  error: string | undefined;
  cookies: ReadonlyMap<string, string>;
  exchange: Exchange;
}

/** Throws SamlError, StoreUnavailable. */
export async function resume(back: Return, scope: Scope): Promise<Answer> {
  const { request, cookie } = await take(scope.tenant, back, scope);
  const client = clientOf(request, scope);
  const answering = { client, scope };
  const verdict = await judge(request, back, answering);
  const answer =
    'code' in verdict ? respondWithError(request, verdict, answering) : await assert(request, verdict, answering);
  return { ...answer, cookies: [...answer.cookies, cookie] };
}

/** As of now: it may have been disabled, or given another address, while its person typed. */
function clientOf({ entityId, consumerUrl }: ParkedRequest, { clients, tenant }: Scope): SamlClientDocument {
  const client = clients.byEntityId(tenant, entityId);
  if (client?.enabled !== true)
    throw new SamlError('IssuerUnknown', 'This application is not known here.', { entityId });
  if (!client.assertionConsumerServices.some(service => service.url === consumerUrl))
    throw new SamlError('ConsumerUnknown', 'The application has moved. Please start again there.', { entityId });
  return client;
}

interface Answering {
  client: SamlClientDocument;
  scope: Scope;
}

async function judge(
  request: ParkedRequest,
  back: Return,
  { client, scope }: Answering,
): Promise<Granted | StatusView> {
  if (back.error !== undefined) return doorSaid(back.error, request);
  const signedIn = await scope.door.current(scope.tenant, client, back.exchange);
  if (signedIn === undefined) return notSignedIn(request);
  const { event, person } = signedIn;
  // To the second, as the event is.
  if (request.forceAuthn && event.at < request.at) return notSignedIn(request);
  const contextClass = contextOf(event, request.requestedContext);
  if (contextClass === undefined)
    return { code: 'Responder', detail: 'NoAuthnContext', message: 'The person did not sign in in a requested way.' };
  if (!scope.admits(client, person))
    return { code: 'Responder', detail: 'RequestDenied', message: 'The person may not use this application.' };
  const nameId = await nameFor(signedIn, { client, scope });
  if (nameId === undefined)
    return {
      code: 'Responder',
      detail: 'InvalidNameIDPolicy',
      message: `Nothing is known of the person that a NameID of format ${client.nameId.format} could be made of.`,
    };
  return { signedIn, nameId, contextClass };
}

const DOOR_ERRORS: ReadonlyMap<string, StatusView> = new Map([
  ['access_denied', { code: 'Responder', detail: 'RequestDenied', message: 'The person did not go on.' }],
  ['unmet_authentication_requirements', { code: 'Responder', detail: 'NoAuthnContext' }],
]);

function doorSaid(error: string, request: ParkedRequest): StatusView {
  return DOOR_ERRORS.get(error) ?? notSignedIn(request);
}

function notSignedIn({ isPassive }: ParkedRequest): StatusView {
  return isPassive
    ? { code: 'Responder', detail: 'NoPassive', message: 'The person would have to be asked.' }
    : { code: 'Responder', detail: 'AuthnFailed', message: 'Nobody signed in.' };
}

/** A transient name lasts as long as the session (Core, section 8.3.8), however often the application asks. */
async function nameFor({ person, sessionIndex }: SignedIn, { client, scope }: Answering): Promise<NameId | undefined> {
  if (client.nameId.format === 'transient') {
    const earlier = await scope.sessions.find({ entityId: client.entityId, sessionIndex });
    if (earlier?.nameId.format === 'transient') return earlier.nameId;
  }
  const { issuer, newSecret, keys } = scope;
  return nameIdOf({ client, person, issuer, newSecret, salt: keys.nameIdSalt });
}

/** The session is remembered before the application hears of it: a logout at this instant must find it. */
async function assert(request: ParkedRequest, granted: Granted, answering: Answering): Promise<Answer> {
  const { client, scope } = answering;
  const { sessionIndex, expiresAt } = granted.signedIn;
  try {
    const answer = respondWithAssertion(request, granted, answering);
    const session = { entityId: client.entityId, sessionIndex, nameId: granted.nameId };
    await scope.sessions.remember(session, expiresAt - Math.floor(scope.now() / 1000));
    return answer;
  } catch (cause) {
    if (!(cause instanceof XmlError) || cause.code !== 'Unwritable') throw cause;
    const message = 'What is known of the person cannot be written as XML.';
    return respondWithError(request, { code: 'Responder', detail: 'AuthnFailed', message }, answering);
  }
}
