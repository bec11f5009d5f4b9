import type { Client, ConfigMap, SsoTenant } from '#crds/schema/kinds.ts';
import { uidOf } from '#operator/render/child.ts';
import { clientChild, tenantChild } from '#operator/render/names.ts';
import { type Contender, type Home, isLetIn, precedes, tenantKeyOf } from '#operator/rules/attachment.ts';
import type { Replica } from '#operator/rules/programmed.ts';
import { childKey, type House } from './house.ts';
import type { World } from './world.ts';

/** What every kind of client looks at: itself and its tenant, never its siblings one by one. */
export interface ClientScene<C extends Client> {
  client: C;
  uid: string;
  home: Home;
  tenantKey: string;
  tenant: SsoTenant | undefined;
  isTenantLive: boolean;
  rank: number;
  live: { configMap: ConfigMap | undefined };
  replicas: readonly Replica[];
}

export function gatherClient<C extends Client>(house: House, client: C): ClientScene<C> {
  const uid = uidOf(client);
  const tenantKey = tenantKeyOf(client);
  const tenant = house.world.tenants.get(tenantKey);
  return {
    client,
    uid,
    home: homeOf(house, client),
    tenantKey,
    tenant,
    isTenantLive: tenant !== undefined && configMapOf(house, tenantChild.configMap(uidOf(tenant))) !== undefined,
    rank: rankOf(house, client, tenant),
    live: { configMap: configMapOf(house, clientChild.configMap(uid)) },
    replicas: house.replicas(),
  };
}

function configMapOf(house: House, name: string): ConfigMap | undefined {
  return house.world.configMaps.get(childKey(house, name));
}

function homeOf({ world }: House, client: Client): Home {
  const namespace = client.metadata.namespace ?? '';
  return { namespace, labels: world.namespaces.get(namespace)?.metadata.labels ?? {} };
}

/** Who is not let in competes for nothing. */
export function isAttached(house: House, tenant: SsoTenant, client: Client): boolean {
  return isLetIn(tenant, homeOf(house, client));
}

export function asContender(house: House, client: Client): Contender {
  const uid = uidOf(client);
  const creationTimestamp = client.metadata.creationTimestamp ?? '';
  return { uid, creationTimestamp, isLive: configMapOf(house, clientChild.configMap(uid)) !== undefined };
}

/** Of every kind. */
export function clientsOf({ oidcClients, samlClients }: World, tenantKey: string): Client[] {
  return [...oidcClients.by('tenant', tenantKey), ...samlClients.by('tenant', tenantKey)];
}

/** How many come before this one. Counted only where it can matter: a tenant may have very many clients. */
function rankOf(house: House, client: Client, tenant: SsoTenant | undefined): number {
  const max = tenant?.spec.clients?.max;
  const tenantKey = tenantKeyOf(client);
  const { oidcClients, samlClients } = house.world;
  const all = oidcClients.count('tenant', tenantKey) + samlClients.count('tenant', tenantKey);
  if (tenant === undefined || max === undefined || all <= max) return 0;
  const self = asContender(house, client);
  const others = clientsOf(house.world, tenantKey).filter(other => isAttached(house, tenant, other));
  return others.filter(other => precedes(asContender(house, other), self)).length;
}
