import type { Verdict } from '#crds/schema/conditions.ts';
import type { Client, SsoTenant } from '#crds/schema/kinds.ts';
import { bad, good, unknown } from './verdict.ts';

/** Owns the question of whether a client may attach to a tenant. "No such tenant" and "not allowed" must read the same. */

export function tenantKeyOf(client: Client): string {
  const { name, namespace } = client.spec.tenantRef;
  return `${namespace ?? client.metadata.namespace ?? ''}/${name}`;
}

export interface Home {
  namespace: string;
  labels: Readonly<Record<string, string>>;
}

type Admission = NonNullable<SsoTenant['spec']['clients']>;

const ADMITS: Record<Admission['from'], (tenant: SsoTenant, home: Home) => boolean> = {
  All: () => true,
  Same: (tenant, home) => home.namespace === tenant.metadata.namespace,
  Selector: (tenant, home) => {
    const wanted = Object.entries(tenant.spec.clients?.selector?.matchLabels ?? {});
    return wanted.length > 0 && wanted.every(([key, value]) => home.labels[key] === value);
  },
};

export function isLetIn(tenant: SsoTenant, home: Home): boolean {
  return ADMITS[tenant.spec.clients?.from ?? 'Same'](tenant, home);
}

export interface AttachmentCase {
  /** As the client wrote it. */
  tenantKey: string;
  tenant: SsoTenant | undefined;
  home: Home;
  /** The tenant's live configuration exists. */
  isTenantLive: boolean;
  /** How many attached clients of the tenant come before this one; see {@link precedes}. */
  rank: number;
}

export function judgeAttachment({ tenantKey, tenant, home, isTenantLive, rank }: AttachmentCase): Verdict {
  if (tenant === undefined || !isLetIn(tenant, home)) {
    const ask = 'Check the name, or ask its owner to let this namespace in (spec.clients).';
    return bad('TenantNotAvailable', `Tenant ${tenantKey} is not available to namespace ${home.namespace}. ${ask}`);
  }
  const max = tenant.spec.clients?.max;
  if (max !== undefined && rank >= max) {
    return bad('QuotaExceeded', `The tenant takes ${max} clients and has them. Remove one, or raise spec.clients.max.`);
  }
  if (!isTenantLive) return unknown('TenantNotAccepted', 'The tenant is not live yet. Look at its conditions.');
  return good('The tenant lets this client in.');
}

/** Order in which clients get what only one can have: who is live stays, then the older, then the UID. */
export interface Contender {
  uid: string;
  creationTimestamp: string;
  isLive: boolean;
}

export function precedes(a: Contender, b: Contender): boolean {
  const rank = (it: Contender) => [it.isLive ? '0' : '1', it.creationTimestamp, it.uid].join(' ');
  return rank(a) < rank(b);
}
