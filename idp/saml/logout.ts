import { SAML_ENDPOINTS } from '#crds/schema/saml-endpoints.ts';
import { type BindingName, NAME_ID_FORMATS, type NameIdFormat } from '#crds/shared/pure/saml/names.ts';
import type { Participant } from '#idp/logout/participants.ts';
import type { Answer } from './answer.ts';
import type { Received } from './bindings/binding.ts';
import { SamlError } from './errors.ts';
import { type Accepted, accept } from './inbound/accept.ts';
import { type LogoutRequest, readLogoutRequest, readLogoutResponse } from './inbound/logout.ts';
import { advance, answerLogout, findRun, newRun } from './logout-run.ts';
import type { StatusView } from './outbound/envelope.ts';
import type { Scope } from './scope.ts';
import type { AppSession } from './sessions.ts';

/** Single Logout, from both sides: an application asks for it, or answers one that is on its way. */

/** Throws SamlError, StoreUnavailable. */
export async function receiveLogout(received: Received, binding: BindingName, scope: Scope): Promise<Answer> {
  const isRequest = received.parameter === 'SAMLRequest';
  const accepted = await accept(received, {
    ...scope,
    now: scope.now(),
    endpoint: scope.tenant.document.issuer + SAML_ENDPOINTS.singleLogout,
    expected: [isRequest ? 'LogoutRequest' : 'LogoutResponse'],
  });
  return isRequest ? onRequest(accepted, binding, scope) : onResponse(accepted, scope);
}

/** A logout that began elsewhere has ended the session: tell these, then go to `returnTo`. */
export function tellParticipants(
  participants: readonly Participant[],
  returnTo: string | null,
  scope: Scope,
): Promise<Answer> {
  return advance(newRun({ initiator: null, returnTo, waiting: samlOf(participants) }, scope), scope);
}

async function onRequest(
  { message, client, relayState }: Accepted,
  binding: BindingName,
  scope: Scope,
): Promise<Answer> {
  const request = readLogoutRequest(message);
  const initiator = { entityId: client.entityId, requestId: request.id, relayState: relayState ?? null, binding };
  const sessions = await sessionsOf(request, client.entityId, scope);
  const refusal = refusalOf(request, sessions, scope);
  if (refusal !== undefined) return answerLogout(client, { ...initiator, status: refusal }, scope);
  const waiting: LogoutTarget[] = [];
  for (const session of sessions) {
    waiting.push(...samlOf(await scope.door.end(scope.tenant, session)).filter(other => !isSame(other, session)));
    await scope.sessions.forget(session);
  }
  return advance(newRun({ initiator, returnTo: null, waiting }, scope), scope);
}

type LogoutTarget = Pick<AppSession, 'entityId' | 'sessionIndex'>;

/** Those that we know of this application and no other's. One that is over already needs no ending. */
async function sessionsOf(request: LogoutRequest, entityId: string, { sessions }: Scope): Promise<AppSession[]> {
  const found =
    request.sessionIndexes.length === 0
      ? [await sessions.findByName(entityId, request.nameId.value)]
      : await Promise.all(request.sessionIndexes.map(sessionIndex => sessions.find({ entityId, sessionIndex })));
  return found.filter(session => session !== undefined);
}

/** Core, section 3.7.3.2: the name must be the one that we gave, also where the session is right. */
function refusalOf(
  { nameId, notOnOrAfter }: LogoutRequest,
  sessions: AppSession[],
  scope: Scope,
): StatusView | undefined {
  if (notOnOrAfter !== undefined && notOnOrAfter <= scope.now())
    return { code: 'Requester', detail: 'RequestDenied', message: 'The request has expired.' };
  const known = sessions.every(
    session => session.nameId.value === nameId.value && isFormat(nameId.format, session.nameId.format),
  );
  return known ? undefined : { code: 'Requester', detail: 'UnknownPrincipal' };
}

function isFormat(said: string | undefined, given: NameIdFormat): boolean {
  return said === undefined || said === NAME_ID_FORMATS.unspecified || said === NAME_ID_FORMATS[given];
}

/** Whose turn it is, to the very request: an answer to anything else moves nothing. */
async function onResponse({ message, client, relayState }: Accepted, scope: Scope): Promise<Answer> {
  const response = readLogoutResponse(message);
  const stored = await findRun(relayState ?? '', scope);
  const { current } = stored.run;
  if (current?.entityId !== client.entityId || current.requestId !== response.inResponseTo)
    throw new SamlError('MessageUnexpected', 'This answers no question of ours.', { entityId: client.entityId });
  const partial = stored.run.partial || !response.success;
  return advance({ ...stored, run: { ...stored.run, partial } }, scope);
}

function samlOf(participants: readonly Participant[]): LogoutTarget[] {
  return participants
    .filter(participant => participant.protocol === 'saml')
    .map(({ application, sessionIndex }) => ({ entityId: application, sessionIndex }));
}

function isSame(a: LogoutTarget, b: LogoutTarget): boolean {
  return a.entityId === b.entityId && a.sessionIndex === b.sessionIndex;
}
