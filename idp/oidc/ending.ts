import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { Participant } from '#idp/logout/participants.ts';
import type { TenantScope } from './needs.ts';
import { participantsOf } from './participants.ts';
import type { SessionPayload } from './session-merge.ts';
import type { SessionRecords } from './session-records.ts';

/**
 * The end of a session, from either side. It is over here before anybody is told, so that an application that never
 * answers costs the others their notice and nobody their logout.
 */

/**
 * Ends it with all its tokens except those of offline_access. What it was at the last; undefined: it was over already.
 * When it throws it can be called again, and finishes.
 */
export async function endSession(
  provider: Provider,
  sessions: SessionRecords,
  uid: string,
): Promise<SessionPayload | undefined> {
  const last = await sessions.seal(uid);
  const grants = Object.values(last?.authorizations ?? {})
    .filter(({ persistsLogout }) => persistsLogout !== true)
    .flatMap(({ grantId }) => grantId ?? []);
  // Whatever belongs to a grant is one group in the store, so that one model speaks for all.
  await Promise.all(
    grants.flatMap(id => [provider.AccessToken.revokeByGrantId(id), provider.Grant.adapter.destroy(id)]),
  );
  await sessions.remove(uid);
  return last;
}

/** Sessions that requests of the library ended, by request. */
export type Endings = WeakMap<object, SessionPayload>;

type Middleware = Parameters<Provider['use']>[0];

/**
 * After the person confirmed: the browser goes past the SAML applications of the session, and only then to where the
 * library wanted it (the application that asked, or our own page). Without them, or when they cannot be told, it goes
 * there at once.
 */
export function tellAfterLogout(scope: TenantScope, endings: Endings): Middleware {
  return async (ctx, next) => {
    await next();
    const participants = participantsOf(scope.current(), endings.get(ctx)).filter(isSaml);
    const returnTo = ctx.response.get('location');
    if (participants.length === 0 || returnTo === '' || scope.tellSaml === undefined) return;
    await tell(ctx as KoaContextWithOIDC, scope, { participants, returnTo });
  };
}

/** What the library had begun to answer goes, except its cookies. */
const BEGUN = ['location', 'content-type', 'content-length'];

async function tell(
  ctx: KoaContextWithOIDC,
  scope: TenantScope,
  { participants, returnTo }: { participants: readonly Participant[]; returnTo: string },
): Promise<void> {
  const tenant = scope.current();
  if (tenant === undefined || scope.tellSaml === undefined) return;
  const [status, body] = [ctx.status, ctx.body];
  for (const name of BEGUN) ctx.res.removeHeader(name);
  ctx.res.statusCode = 200;
  try {
    await scope.tellSaml(tenant, participants, { returnTo, res: ctx.res });
    ctx.respond = false;
  } catch (cause) {
    scope.log.error({ tenant: scope.uid, err: cause }, 'SAML applications were not told of a logout');
    if (ctx.res.headersSent) ctx.respond = false;
    else Object.assign(ctx, { body, status }).set('location', returnTo);
  }
}

function isSaml({ protocol }: Participant): boolean {
  return protocol === 'saml';
}
