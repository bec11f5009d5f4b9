import { isDeepStrictEqual } from 'node:util';
import { LABELS } from '#crds/schema/group.ts';
import type {
  AnyResource,
  Client,
  ConfigMap,
  Kind,
  KubeObject,
  OidcClient,
  SamlClient,
  Secret,
  SsoTenant,
} from '#crds/schema/kinds.ts';
import { applicationSecretName } from '#operator/render/application-secret.ts';
import { tenantChild } from '#operator/render/names.ts';
import { outputName } from '#operator/render/output-config-map.ts';
import { tenantKeyOf } from '#operator/rules/attachment.ts';
import { clientIdOf } from '#operator/rules/client-id.ts';
import { namedConfigMaps } from '#operator/rules/service-provider.ts';
import { type Change, keyOf } from '#operator/runtime/store.ts';
import type { Turn } from '#operator/runtime/turns.ts';
import { clientsOf } from './client-scene.ts';
import { published, readTenantKeys } from './saml-idp.ts';
import {
  clientIdKey,
  entityIdKey,
  entityIdsOf,
  heldEntityIds,
  resourceOf,
  type World,
  type WorldChange,
} from './world.ts';

/**
 * Owns which change of the world makes which key run. Too much costs time, too little leaves something stale: each line
 * says for whom a change can matter.
 */

export interface Wakes {
  world(): World;
  /** `turn`: default `later`. */
  enqueue(kind: Kind, key: string, turn?: Turn): void;
  enqueueAfter(kind: Kind, key: string, seconds: number): void;
  sweep(uid: string): void;
  replicasChanged(): void;
}

/** A tenant counts its clients, but not at each of them in a bulk, which comes to a thousand tenants by turns. */
const COUNT_AFTER_SECONDS = 10;

const one = <T>({ before, after }: Change<T>): T | undefined => after ?? before;

export function createTriggers(wakes: Wakes): WorldChange {
  const wake: Wake = (resources, turn) => {
    for (const resource of resources) wakes.enqueue(resource.kind, keyOf(resource), turn);
  };
  return {
    tenants: change => onTenant(wakes, wake, change),
    oidcClients: change => onOidcClient(wakes, wake, change),
    samlClients: change => onSamlClient(wakes, wake, change),
    namespaces: change => onNamespace(wakes, wake, change),
    configMaps: change => onConfigMap(wakes, wake, change),
    secrets: change => onSecret(wakes, wake, change),
    certificates: change => wakeOwner(wakes, wake, change),
    ingresses: change => wakeOwner(wakes, wake, change),
    ingressClasses: change => onIngressClass(wakes, wake, change),
    certManager: () => wake(wakes.world().tenants.list().filter(hasIssuer)),
    leases: () => wakes.replicasChanged(),
    slices: () => wakes.replicasChanged(),
    brought: change => onBrought(wakes, wake, change),
    broughtConfigMaps: change => onBroughtConfigMap(wakes, wake, change),
  };
}

type Wake = (resources: readonly AnyResource[], turn?: Turn) => void;

/** Somebody edited what was there, and looks on; what is new comes in bulk, and all of it at a start. */
function turnOf({ before, after }: Change<AnyResource>): Turn {
  const isEdit = before !== undefined && before.metadata.generation !== after?.metadata.generation;
  return isEdit ? 'now' : 'later';
}

function onNamespace(wakes: Wakes, wake: Wake, { before, after }: Change<KubeObject>): void {
  const namespace = (after ?? before)?.metadata.name ?? '';
  const isSame = isDeepStrictEqual(before?.metadata.labels, after?.metadata.labels);
  if (isSame && before && after) return;
  const { oidcClients, samlClients } = wakes.world();
  wake([...oidcClients.by('namespace', namespace), ...samlClients.by('namespace', namespace)], 'soon');
}

/** What a client's document or verdict takes from its tenant. A new displayName of the tenant costs no client anything. */
function seenByClients(tenant: SsoTenant | undefined): unknown {
  return tenant === undefined ? undefined : [tenant.metadata.uid, tenant.spec.domain, tenant.spec.clients];
}

function onTenant(wakes: Wakes, wake: Wake, { before, after, isOurs }: Change<SsoTenant>): void {
  const tenant = after ?? before;
  if (tenant === undefined) return;
  const world = wakes.world();
  if (after !== undefined && !isOurs) wake([after], turnOf({ before, after, isOurs }));
  if (before?.metadata.uid !== undefined && before.metadata.uid !== after?.metadata.uid) {
    wakes.sweep(before.metadata.uid);
    // The next claim on the domain may have its turn.
    wake(world.tenants.by('domain', before.spec.domain));
  }
  if (!isDeepStrictEqual(seenByClients(before), seenByClients(after))) wake(clientsOf(world, keyOf(tenant)), 'soon');
}

/** Resolves to the client that is gone, if one is. */
function onClient<C extends Client>(wakes: Wakes, wake: Wake, { before, after, isOurs }: Change<C>): C | undefined {
  if (after !== undefined && !isOurs) wake([after], turnOf({ before, after, isOurs }));
  const isGone = before !== undefined && before.metadata.uid !== after?.metadata.uid;
  if (!isGone) return undefined;
  const world = wakes.world();
  if (before.metadata.uid !== undefined) wakes.sweep(before.metadata.uid);
  const tenantKey = tenantKeyOf(before);
  // A place became free: whoever was one too many may come in.
  if (world.tenants.get(tenantKey)?.spec.clients?.max !== undefined) wake(clientsOf(world, tenantKey));
  return before;
}

function onOidcClient(wakes: Wakes, wake: Wake, change: Change<OidcClient>): void {
  const gone = onClient(wakes, wake, change);
  if (gone === undefined) return;
  wake(wakes.world().oidcClients.by('clientId', clientIdKey(tenantKeyOf(gone), clientIdOf(gone))));
}

/** Who takes an entityId, or lets go of one, decides for those who claim the same; also when our own status says so. */
function onSamlClient(wakes: Wakes, wake: Wake, change: Change<SamlClient>): void {
  onClient(wakes, wake, change);
  const [before, after] = [entityIdsOf(change.before), entityIdsOf(change.after)];
  const isReplaced = change.before?.metadata.uid !== change.after?.metadata.uid;
  const moved = [...before, ...after].filter(key => isReplaced || !before.includes(key) || !after.includes(key));
  const uid = one(change)?.metadata.uid;
  for (const key of new Set(moved)) {
    const rivals = wakes.world().samlClients.by('entityId', key);
    wake(rivals.filter(rival => rival.metadata.uid !== uid));
  }
}

/** A child that somebody else touched is repaired by its owner; one that nobody explains is swept. */
function wakeOwner(wakes: Wakes, wake: Wake, change: Change<KubeObject>): void {
  const uid = one(change)?.metadata.labels?.[LABELS.ownerUid];
  if (uid === undefined || change.isOurs) return;
  const owner = resourceOf(wakes.world(), uid);
  if (owner !== undefined) wake([owner], change.before === undefined ? 'later' : 'soon');
  else if (change.after !== undefined) wakes.sweep(uid);
}

/** What the clients of a tenant tell their applications of its keys. Keys of OIDC and of TLS cost no client anything. */
function certificatesOf(secret: Secret | undefined): string[] {
  const saml = readTenantKeys(secret)?.saml;
  return saml === undefined ? [] : published(saml);
}

function onSecret(wakes: Wakes, wake: Wake, change: Change<Secret>): void {
  wakeOwner(wakes, wake, change);
  const { name, labels } = one(change)?.metadata ?? {};
  const tenantUid = labels?.[LABELS.tenantUid];
  if (tenantUid === undefined || name !== tenantChild.keys(tenantUid)) return;
  if (isDeepStrictEqual(certificatesOf(change.before), certificatesOf(change.after))) return;
  const { tenants, samlClients } = wakes.world();
  for (const tenant of tenants.by('uid', tenantUid)) wake(samlClients.by('tenant', keyOf(tenant)));
}

function onConfigMap(wakes: Wakes, wake: Wake, change: Change<ConfigMap>): void {
  wakeOwner(wakes, wake, change);
  const isPresenceNew = (change.before === undefined) !== (change.after === undefined);
  const labels = one(change)?.metadata.labels ?? {};
  const tenantUid = labels[LABELS.tenantUid];
  if (!isPresenceNew || tenantUid === undefined) return;
  const world = wakes.world();
  const tenant = world.tenants.by('uid', tenantUid)[0];
  if (labels[LABELS.document] === 'client') {
    if (tenant !== undefined) onClientDocument(wakes, wake, tenant, change);
    return;
  }
  // Clients wait until their tenant is live, and the next claim until the domain is free.
  if (tenant !== undefined) wake(clientsOf(world, keyOf(tenant)));
  if (change.after !== undefined) return;
  wake(world.tenants.list().filter(it => it.metadata.uid !== tenantUid && isWaiting(it)));
  // Nobody serves the clients of a tenant that is gone: their documents need not wait for replicas any more.
  for (const document of world.configMaps.by('clientsOf', tenantUid))
    wakeOwner(wakes, wake, { ...change, after: document, isOurs: false });
}

/** It came or went: it is counted, and whoever claims what it let go of may have it. */
function onClientDocument(wakes: Wakes, wake: Wake, tenant: SsoTenant, { before, after }: Change<ConfigMap>): void {
  wakes.enqueueAfter('SsoTenant', keyOf(tenant), COUNT_AFTER_SECONDS);
  if (after !== undefined || before === undefined) return;
  const { samlClients } = wakes.world();
  for (const entityId of heldEntityIds(before)) wake(samlClients.by('entityId', entityIdKey(keyOf(tenant), entityId)));
}

function isWaiting(tenant: SsoTenant): boolean {
  return tenant.status?.conditions?.some(({ type, status }) => type === 'Accepted' && status !== 'True') ?? true;
}

function onBrought(wakes: Wakes, wake: Wake, change: Change<Secret>): void {
  const secret = one(change);
  if (secret === undefined || change.isOurs) return;
  const { namespace = '', name } = secret.metadata;
  const { tenants, oidcClients } = wakes.world();
  wake(tenants.list().filter(tenant => tenant.metadata.namespace === namespace && namesOf(tenant).includes(name)));
  const candidates = oidcClients.by('namespace', namespace);
  wake(candidates.filter(client => [client.spec.secretRef?.name, applicationSecretName(client)].includes(name)));
}

function hasIssuer({ spec }: SsoTenant): boolean {
  return spec.certificate?.issuerRef !== undefined;
}

/** Who handles the class cannot change while it is there (`spec.controller` is immutable). */
function onIngressClass(wakes: Wakes, wake: Wake, { before, after }: Change<KubeObject>): void {
  if (before?.metadata.uid === after?.metadata.uid) return;
  wake(wakes.world().tenants.by('ingressClass', (after ?? before)?.metadata.name ?? ''));
}

function namesOf({ spec }: SsoTenant): (string | undefined)[] {
  return [spec.certificate?.secretRef?.name, ...spec.identitySources.map(source => source.users?.secretRef.name)];
}

function onBroughtConfigMap(wakes: Wakes, wake: Wake, change: Change<ConfigMap>): void {
  const configMap = one(change);
  if (configMap === undefined || change.isOurs) return;
  const { namespace = '', name } = configMap.metadata;
  const candidates = wakes.world().samlClients.by('namespace', namespace);
  wake(candidates.filter(client => [outputName(client), ...namedConfigMaps(client.spec)].includes(name)));
}
