import { idpEntityId } from '#crds/schema/saml-endpoints.ts';
import type { Tenant } from '#idp/tenants/tenant.ts';
import type { ReplayCache } from './inbound/replay.ts';
import { storedReplayCache } from './inbound/replay.ts';
import { type TenantSamlKeys, tenantSamlKeys } from './keys.ts';
import type { SamlNeeds } from './needs.ts';
import type { Envelope } from './outbound/envelope.ts';
import { AppSessions } from './sessions.ts';

/** One request at one tenant, as everything behind it sees it. */
export interface Scope extends SamlNeeds {
  tenant: Tenant;
  /** Our entityID. */
  issuer: string;
  keys: TenantSamlKeys;
  replays: ReplayCache;
  sessions: AppSessions;
  /** The beginning of a message of ours that is made now. */
  envelope(to: { destination: string; inResponseTo?: string }): Envelope;
}

/** Throws SamlError NotConfigured. */
export function scopeOf(tenant: Tenant, needs: SamlNeeds): Scope {
  const issuer = idpEntityId(tenant.document.issuer);
  return {
    ...needs,
    tenant,
    issuer,
    keys: tenantSamlKeys(tenant.keys),
    replays: storedReplayCache(needs.store),
    sessions: new AppSessions(needs.store, tenant),
    envelope: to => ({ ...to, id: newId(needs), issueInstant: needs.now(), issuer }),
  };
}

/** xs:ID must not begin with a digit. */
export function newId({ newSecret }: Pick<SamlNeeds, 'newSecret'>): string {
  return `_${newSecret()}`;
}
