import type { Configuration } from 'oidc-provider';
import type { Tenant } from '#idp/tenants/tenant.ts';
import type { TenantScope } from './needs.ts';

/** How long what we give out lives, in seconds, by the tenant's and the client's documents of this moment. */

const CODE = 60;
/** How long a person may look at the sign-in page. */
const INTERACTION = 3600;
/** Of a session in which nobody is signed in: it only carries the logout page. */
const ANONYMOUS = 3600;
const FALLBACK = { accessTokenSeconds: 3600, refreshTokenSeconds: 86_400 };

/** Epoch seconds. Absolute: using a session does not prolong it. */
export function sessionEndsAt({ document }: Tenant, loginTs: number): number {
  return loginTs + document.sessions.lifetimeSeconds;
}

export function lifetimes(scope: TenantScope): NonNullable<Configuration['ttl']> {
  const ofClient = (clientId = '') => scope.current()?.clients.get(clientId)?.document.lifetimes ?? FALLBACK;
  const ofSession = () => scope.current()?.document.sessions.lifetimeSeconds ?? 3600;
  const now = () => Math.floor(scope.now() / 1000);
  return {
    AuthorizationCode: CODE,
    Interaction: INTERACTION,
    AccessToken: (_ctx, token) => ofClient(token.clientId).accessTokenSeconds,
    ClientCredentials: (_ctx, token) => ofClient(token.clientId).accessTokenSeconds,
    IdToken: (_ctx, _token, client) => ofClient(client.clientId).accessTokenSeconds,
    // The lifetime counts from the sign-in: a rotated token has what is left of the first one's.
    RefreshToken: (ctx, token) => {
      const left = ctx.oidc.entities.RotatedRefreshToken?.remainingTTL;
      return Math.max(1, left ?? ofClient(token.clientId).refreshTokenSeconds);
    },
    Session: (_ctx, session) => {
      if (session.loginTs === undefined) return ANONYMOUS;
      const tenant = scope.current();
      return tenant === undefined ? 1 : Math.max(1, sessionEndsAt(tenant, session.loginTs) - now());
    },
    Grant: (_ctx, grant) => Math.max(ofSession(), ofClient(grant.clientId).refreshTokenSeconds),
  };
}
