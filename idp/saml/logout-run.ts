import type { SamlClientDocument } from '#crds/schema/live-config.ts';
import type { BindingName } from '#crds/shared/pure/saml/names.ts';
import type { Json, StoredRecord } from '#idp/storage/store.ts';
import type { Tenant } from '#idp/tenants/tenant.ts';
import { type Answer, answerOf } from './answer.ts';
import { BINDINGS } from './bindings/index.ts';
import { SamlError } from './errors.ts';
import type { StatusView } from './outbound/envelope.ts';
import { logoutRequest, logoutResponse } from './outbound/logout.ts';
import type { Scope } from './scope.ts';

/**
 * A logout on its way through the applications of a session (Profiles, section 4.4), one after the other in the same
 * browser. The session here has ended before the first is told, so an application that never sends the browser back
 * costs the others their notice, and nobody their logout.
 */

export interface LogoutRun {
  /** Who is told at the end, with which of its requests; null: nobody of SAML. */
  initiator: { entityId: string; requestId: string; relayState: string | null; binding: BindingName } | null;
  /** An address of ours to end at; null: the page that says so. */
  returnTo: string | null;
  waiting: { entityId: string; sessionIndex: string }[];
  /** Whose answer is awaited, to which of our requests. */
  current: { entityId: string; requestId: string } | null;
  /** true: somebody could not be told, or did not agree. */
  partial: boolean;
  /** How many were told so far. */
  told: number;
}

/** Browsers give up at the twentieth redirect in a row (Fetch, HTTP-redirect fetch). An application takes two. */
const TOLD_IN_ONE_GO = 4;

/** Seconds. */
const LIFETIME = 600;

export interface StoredRun {
  id: string;
  run: LogoutRun;
  version: number;
}

export function newRun(
  to: Pick<LogoutRun, 'initiator' | 'returnTo' | 'waiting'>,
  { newSecret }: Pick<Scope, 'newSecret'>,
): StoredRun {
  // At most 80 bytes: it travels as RelayState (Bindings, section 3.4.3).
  return { id: newSecret(), run: { ...to, current: null, partial: false, told: 0 }, version: 0 };
}

/** Throws SamlError RequestGone. */
export async function findRun(id: string, { tenant, store }: Pick<Scope, 'tenant' | 'store'>): Promise<StoredRun> {
  const record: StoredRecord | undefined = await store.read(keyOf(tenant, id));
  if (record === undefined) throw new SamlError('RequestGone', 'This sign-out was finished or has expired.');
  // Written by `advance` and by nobody else.
  return { id, run: record.value['run'] as unknown as LogoutRun, version: record.version };
}

/** To the next application that can be told, or to the end. Throws SamlError Replayed when somebody else went on. */
export async function advance(stored: StoredRun, scope: Scope): Promise<Answer> {
  const { id, version } = stored;
  let { run } = stored;
  for (let next = run.waiting[0]; next !== undefined; next = run.waiting[0]) {
    run = { ...run, waiting: run.waiting.slice(1), current: null };
    const told = await tell(next, id, scope);
    if (told !== undefined) {
      const current = { entityId: next.entityId, requestId: told.requestId };
      await save({ id, version, run: { ...run, current, told: run.told + 1 } }, scope);
      return rested(told.answer, run.told);
    }
    run = { ...run, partial: true };
  }
  await scope.store.remove(keyOf(scope.tenant, id));
  return finish(run, scope);
}

/** A page between the redirects now and then. */
function rested(answer: Answer, told: number): Answer {
  const isDue = told > 0 && told % TOLD_IN_ONE_GO === 0;
  return isDue && answer.kind === 'redirect' ? { ...answer, kind: 'step' } : answer;
}

async function save({ id, version, run }: StoredRun, { store, tenant }: Scope): Promise<void> {
  const value = { run: run as unknown as Json };
  const written = await store.write(keyOf(tenant, id), value, { ttl: LIFETIME, ifVersion: version });
  if (written !== 'written') throw new SamlError('Replayed', 'This sign-out has gone on elsewhere.');
}

/** undefined: it has no address for this, or is gone. */
async function tell(
  next: { entityId: string; sessionIndex: string },
  runId: string,
  scope: Scope,
): Promise<{ answer: Answer; requestId: string } | undefined> {
  const session = await scope.sessions.find(next);
  const client = scope.clients.byEntityId(scope.tenant, next.entityId);
  const [service] = client?.singleLogoutServices ?? [];
  if (session === undefined || client === undefined || service === undefined) return undefined;
  await scope.sessions.forget(next);
  const envelope = scope.envelope({ destination: service.url });
  const delivery = BINDINGS[service.binding].encode({
    parameter: 'SAMLRequest',
    document: logoutRequest(envelope, session),
    destination: service.url,
    relayState: runId,
    sign: { key: scope.keys.signing, algorithm: client.sign.algorithm },
  });
  return { answer: answerOf(delivery), requestId: envelope.id };
}

function finish({ initiator, returnTo, partial }: LogoutRun, scope: Scope): Answer {
  if (returnTo !== null) return { kind: 'redirect', location: returnTo, cookies: [] };
  if (initiator === null) return { kind: 'signed-out', cookies: [] };
  const client = scope.clients.byEntityId(scope.tenant, initiator.entityId);
  if (client === undefined) return { kind: 'signed-out', cookies: [] };
  // Profiles, section 4.4.4.2; Core, section 3.7.3.2.
  const status: StatusView = partial ? { code: 'Success', detail: 'PartialLogout' } : { code: 'Success' };
  return answerLogout(client, { ...initiator, status }, scope);
}

export interface LogoutAnswer {
  requestId: string;
  relayState: string | null;
  /** How the request came; the answer goes the same way where the application offers it. */
  binding: BindingName;
  status: StatusView;
}

export function answerLogout(client: SamlClientDocument, to: LogoutAnswer, scope: Scope): Answer {
  const services = client.singleLogoutServices;
  const service = services.find(candidate => candidate.binding === to.binding) ?? services[0];
  if (service === undefined) return { kind: 'signed-out', cookies: [] };
  const destination = service.responseUrl ?? service.url;
  const envelope = scope.envelope({ destination, inResponseTo: to.requestId });
  const delivery = BINDINGS[service.binding].encode({
    parameter: 'SAMLResponse',
    document: logoutResponse(envelope, to.status),
    destination,
    relayState: to.relayState ?? undefined,
    sign: { key: scope.keys.signing, algorithm: client.sign.algorithm },
  });
  return answerOf(delivery);
}

function keyOf(tenant: Tenant, id: string): string {
  return `${tenant.document.uid}/SamlLogout/${id}`;
}
