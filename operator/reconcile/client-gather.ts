import { ANNOTATIONS, LABELS } from '#crds/schema/group.ts';
import type { ConfigMap, OidcClient, Secret, SsoTenant } from '#crds/schema/kinds.ts';
import { applicationSecretName } from '#operator/render/application-secret.ts';
import { uidOf } from '#operator/render/child.ts';
import { clientChild, tenantChild } from '#operator/render/names.ts';
import { type Contender, type Home, isLetIn, precedes, tenantKeyOf } from '#operator/rules/attachment.ts';
import { type Brought, readBrought } from '#operator/rules/brought-secret.ts';
import { clientIdOf, type NamedClient, namespaceInId } from '#operator/rules/client-id.ts';
import type { Replica } from '#operator/rules/programmed.ts';
import { childKey, type House } from './house.ts';
import { clientIdKey } from './world.ts';

/** Everything that one reconcile of a client looks at: itself and its tenant, never its siblings one by one. */
export interface ClientScene {
  client: OidcClient;
  uid: string;
  home: Home;
  tenantKey: string;
  tenant: SsoTenant | undefined;
  isTenantLive: boolean;
  rank: number;
  clientId: string;
  self: NamedClient;
  namesakes: readonly NamedClient[];
  isNamespaceTaken: boolean;
  /** undefined: no secretRef. */
  brought: Brought | undefined;
  live: { configMap: ConfigMap | undefined; credentials: Secret | undefined };
  /** The Secret of the application under its wished name, and under the name it had before. */
  application: { wished: Secret | undefined; former: Secret | undefined };
  replicas: readonly Replica[];
}

export const SECRET_KEY = 'client_secret';

export async function gatherClient(house: House, client: OidcClient): Promise<ClientScene> {
  const { world } = house;
  const uid = uidOf(client);
  const tenantKey = tenantKeyOf(client);
  const tenant = world.tenants.get(tenantKey);
  const clientId = clientIdOf(client);
  const label = namespaceInId(clientId);
  const live = {
    configMap: world.configMaps.get(childKey(house, clientChild.configMap(uid))),
    credentials: world.secrets.get(childKey(house, clientChild.credentials(uid))),
  };
  return {
    client,
    uid,
    home: homeOf(house, client),
    tenantKey,
    tenant,
    isTenantLive: tenant !== undefined && isLive(house, tenantChild.configMap(uidOf(tenant))),
    rank: rankOf(house, client, tenant),
    clientId,
    self: asNamed(house, client),
    namesakes: namesakesOf(house, client, tenant),
    isNamespaceTaken: label !== undefined && world.namespaces.get(label) !== undefined,
    brought: await bring(house, client),
    live,
    application: await gatherApplication(house, client, live),
    replicas: house.replicas(),
  };
}

function isLive(house: House, name: string): boolean {
  return house.world.configMaps.get(childKey(house, name)) !== undefined;
}

function homeOf({ world }: House, client: OidcClient): Home {
  const namespace = client.metadata.namespace ?? '';
  return { namespace, labels: world.namespaces.get(namespace)?.metadata.labels ?? {} };
}

function asContender(house: House, client: OidcClient): Contender {
  const uid = uidOf(client);
  const creationTimestamp = client.metadata.creationTimestamp ?? '';
  return { uid, creationTimestamp, isLive: isLive(house, clientChild.configMap(uid)) };
}

function asNamed(house: House, client: OidcClient): NamedClient {
  return { ...asContender(house, client), isDefault: client.spec.clientId === undefined };
}

/** How many come before this one. Counted only where it can matter: a tenant may have very many clients. */
function rankOf(house: House, client: OidcClient, tenant: SsoTenant | undefined): number {
  const max = tenant?.spec.clients?.max;
  const tenantKey = tenantKeyOf(client);
  if (tenant === undefined || max === undefined || house.world.clients.count('tenant', tenantKey) <= max) return 0;
  const self = asContender(house, client);
  const others = house.world.clients.by('tenant', tenantKey).filter(other => isLetIn(tenant, homeOf(house, other)));
  return others.filter(other => precedes(asContender(house, other), self)).length;
}

function namesakesOf(house: House, client: OidcClient, tenant: SsoTenant | undefined): NamedClient[] {
  if (tenant === undefined) return [];
  return house.world.clients
    .by('clientId', clientIdKey(tenantKeyOf(client), clientIdOf(client)))
    .filter(other => other.metadata.uid !== client.metadata.uid && isLetIn(tenant, homeOf(house, other)))
    .map(other => asNamed(house, other));
}

function readingOf(client: OidcClient, name: string) {
  const { generation = 0, namespace = '' } = client.metadata;
  return { owner: uidOf(client), stamp: generation, namespace, name };
}

export { readingOf };

async function bring(house: House, client: OidcClient): Promise<Brought | undefined> {
  const name = client.spec.secretRef?.name;
  if (name === undefined) return undefined;
  return readBrought(name, await house.reader.read(readingOf(client, name)), [SECRET_KEY]);
}

async function gatherApplication(
  house: House,
  client: OidcClient,
  live: ClientScene['live'],
): Promise<ClientScene['application']> {
  const name = applicationSecretName(client);
  const wished = await house.reader.read(readingOf(client, name));
  const before = formerName(live, name);
  const former = before === undefined ? undefined : await house.reader.read(readingOf(client, before));
  const isOurs = former?.metadata.labels?.[LABELS.ownerUid] === uidOf(client);
  return { wished, former: isOurs ? former : undefined };
}

function formerName({ configMap, credentials }: ClientScene['live'], wished: string): string | undefined {
  const named = [configMap, credentials].map(child => child?.metadata.annotations?.[ANNOTATIONS.applicationSecret]);
  return named.find(name => name !== undefined && name !== wished);
}
