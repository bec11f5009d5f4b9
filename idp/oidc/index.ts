import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Provider } from 'oidc-provider';
import type { Door } from '#idp/login/door.ts';
import type { Participants } from '#idp/logout/participants.ts';
import type { Tenant } from '#idp/tenants/tenant.ts';
import { createDoor } from './door.ts';
import { type OidcNeeds, scopeOf, type TenantScope } from './needs.ts';
import { createParticipants } from './participants.ts';
import { buildProvider } from './provider.ts';
import { createSamlDoor, type SamlDoor } from './saml-door.ts';
import { createServe, type Next, type Serve } from './serve.ts';

/**
 * OpenID Connect, and the only room that knows oidc-provider. Owns protocol, tokens, sessions and the door to sign-in.
 * It must not know how a page looks, how a password is checked, or which host belongs to which tenant.
 *
 * One Provider a tenant, built when it is first asked for and again when the tenant itself changed; the old one serves
 * the requests it has. Clients change underneath, without a new Provider.
 */

export interface Oidc {
  /**
   * Serves the OIDC paths of a tenant. `next()`: not one of them. `next(error)`: StoreUnavailable or HashQueueFull (both
   * have `retryAfter`), nothing was sent.
   */
  handler(tenant: Tenant): (req: IncomingMessage, res: ServerResponse, next: Next) => void;
  door: Door;
  participants: Participants;
  /** What idp/saml wants of sign-in. */
  saml: SamlDoor;
}

interface House {
  hash: string;
  provider: Provider;
  scope: TenantScope;
  serve: Serve;
}

export function createOidc(needs: OidcNeeds): Oidc {
  const houses = new Map<string, House>();

  function open(asked: Tenant): House {
    const { uid } = asked.document;
    // A request may hold an older snapshot than the one that built the newest Provider: never build backwards.
    const tenant = needs.registry.current().byUid.get(uid) ?? asked;
    const present = houses.get(uid);
    if (present?.hash === tenant.hash) return present;
    forget(houses, needs);
    const scope = scopeOf(uid, needs);
    const provider = buildProvider(tenant, scope);
    const house = { hash: tenant.hash, provider, scope, serve: createServe(provider, scope) };
    houses.set(uid, house);
    return house;
  }

  return {
    handler: tenant => (req, res, next) => open(tenant).serve(req, res, next),
    door: createDoor(open),
    participants: createParticipants(uid => scopeOf(uid, needs)),
    saml: createSamlDoor(open),
  };
}

/** Providers of tenants that are gone. */
function forget(houses: Map<string, House>, { registry }: OidcNeeds): void {
  const { byUid } = registry.current();
  for (const uid of houses.keys()) if (!byUid.has(uid)) houses.delete(uid);
}
