import { isDeepStrictEqual } from 'node:util';
import { LABELS } from '#crds/schema/group.ts';
import type { ConfigMap, Kind, KubeObject, OidcClient, Secret, SsoTenant } from '#crds/schema/kinds.ts';
import { applicationSecretName } from '#operator/render/application-secret.ts';
import { tenantKeyOf } from '#operator/rules/attachment.ts';
import { clientIdOf } from '#operator/rules/client-id.ts';
import { type Change, keyOf } from '#operator/runtime/store.ts';
import { clientIdKey, resourceOf, type World, type WorldChange } from './world.ts';

/**
 * Owns which change of the world makes which key run. Too much costs time, too little leaves something stale: each line
 * says for whom a change can matter.
 */

export interface Wakes {
  world(): World;
  enqueue(kind: Kind, key: string): void;
  enqueueAfter(kind: Kind, key: string, seconds: number): void;
  sweep(uid: string): void;
  replicasChanged(): void;
}

/** A tenant counts its clients, but not at each of them in a bulk. */
const COUNT_AFTER_SECONDS = 2;

const one = <T>({ before, after }: Change<T>): T | undefined => after ?? before;

export function createTriggers(wakes: Wakes): WorldChange {
  const wakeAll = (kind: Kind, objects: readonly KubeObject[]) => {
    for (const object of objects) wakes.enqueue(kind, keyOf(object));
  };
  return {
    tenants: change => onTenant(wakes, wakeAll, change),
    clients: change => onClient(wakes, wakeAll, change),
    namespaces: change => {
      const namespace = one(change)?.metadata.name ?? '';
      const isSame = isDeepStrictEqual(change.before?.metadata.labels, change.after?.metadata.labels);
      if (!isSame || !change.before || !change.after) {
        wakeAll('OidcClient', wakes.world().clients.by('namespace', namespace));
      }
    },
    configMaps: change => onConfigMap(wakes, wakeAll, change),
    secrets: change => wakeOwner(wakes, change),
    leases: () => wakes.replicasChanged(),
    slices: () => wakes.replicasChanged(),
    brought: change => onBrought(wakes, wakeAll, change),
  };
}

type WakeAll = (kind: Kind, objects: readonly KubeObject[]) => void;

/** What a client's document or verdict takes from its tenant. A new displayName of the tenant costs no client anything. */
function seenByClients(tenant: SsoTenant | undefined): unknown {
  return tenant === undefined ? undefined : [tenant.metadata.uid, tenant.spec.domain, tenant.spec.clients];
}

function onTenant(wakes: Wakes, wakeAll: WakeAll, { before, after, isOurs }: Change<SsoTenant>): void {
  const tenant = after ?? before;
  if (tenant === undefined) return;
  const { tenants, clients } = wakes.world();
  if (after !== undefined && !isOurs) wakes.enqueue('SsoTenant', keyOf(after));
  if (before?.metadata.uid !== undefined && before.metadata.uid !== after?.metadata.uid) {
    wakes.sweep(before.metadata.uid);
    // The next claim on the domain may have its turn.
    wakeAll('SsoTenant', tenants.by('domain', before.spec.domain));
  }
  if (!isDeepStrictEqual(seenByClients(before), seenByClients(after))) {
    wakeAll('OidcClient', clients.by('tenant', keyOf(tenant)));
  }
}

function onClient(wakes: Wakes, wakeAll: WakeAll, { before, after, isOurs }: Change<OidcClient>): void {
  if (after !== undefined && !isOurs) wakes.enqueue('OidcClient', keyOf(after));
  const isGone = before !== undefined && before.metadata.uid !== after?.metadata.uid;
  if (!isGone) return;
  const { tenants, clients } = wakes.world();
  if (before.metadata.uid !== undefined) wakes.sweep(before.metadata.uid);
  const tenantKey = tenantKeyOf(before);
  wakeAll('OidcClient', clients.by('clientId', clientIdKey(tenantKey, clientIdOf(before))));
  // A place became free: whoever was one too many may come in.
  if (tenants.get(tenantKey)?.spec.clients?.max !== undefined) wakeAll('OidcClient', clients.by('tenant', tenantKey));
}

/** A child that somebody else touched is repaired by its owner; one that nobody explains is swept. */
function wakeOwner(wakes: Wakes, change: Change<KubeObject>): void {
  const uid = one(change)?.metadata.labels?.[LABELS.ownerUid];
  if (uid === undefined || change.isOurs) return;
  const owner = resourceOf(wakes.world(), uid);
  if (owner !== undefined) wakes.enqueue(owner.kind, keyOf(owner.object));
  else if (change.after !== undefined) wakes.sweep(uid);
}

function onConfigMap(wakes: Wakes, wakeAll: WakeAll, change: Change<ConfigMap>): void {
  wakeOwner(wakes, change);
  const isPresenceNew = (change.before === undefined) !== (change.after === undefined);
  const labels = one(change)?.metadata.labels ?? {};
  const tenantUid = labels[LABELS.tenantUid];
  if (!isPresenceNew || tenantUid === undefined) return;
  const world = wakes.world();
  const tenant = world.tenants.by('uid', tenantUid)[0];
  if (labels[LABELS.document] === 'client') {
    if (tenant !== undefined) wakes.enqueueAfter('SsoTenant', keyOf(tenant), COUNT_AFTER_SECONDS);
    return;
  }
  // Clients wait until their tenant is live, and the next claim until the domain is free.
  if (tenant !== undefined) wakeAll('OidcClient', world.clients.by('tenant', keyOf(tenant)));
  if (change.after !== undefined) return;
  wakeAll(
    'SsoTenant',
    world.tenants.list().filter(it => it.metadata.uid !== tenantUid && isWaiting(it)),
  );
  // Nobody serves the clients of a tenant that is gone: their documents need not wait for replicas any more.
  for (const document of world.configMaps.by('clientsOf', tenantUid))
    wakeOwner(wakes, { ...change, after: document, isOurs: false });
}

function isWaiting(tenant: SsoTenant): boolean {
  return tenant.status?.conditions?.some(({ type, status }) => type === 'Accepted' && status !== 'True') ?? true;
}

function onBrought(wakes: Wakes, wakeAll: WakeAll, change: Change<Secret>): void {
  const secret = one(change);
  if (secret === undefined || change.isOurs) return;
  const { namespace, name } = secret.metadata;
  const { tenants, clients } = wakes.world();
  wakeAll(
    'SsoTenant',
    tenants.list().filter(tenant => tenant.metadata.namespace === namespace && namesOf(tenant).includes(name)),
  );
  const candidates = clients.by('namespace', namespace ?? '');
  wakeAll(
    'OidcClient',
    candidates.filter(client => [client.spec.secretRef?.name, applicationSecretName(client)].includes(name)),
  );
}

function namesOf({ spec }: SsoTenant): (string | undefined)[] {
  return [spec.certificate?.secretRef.name, ...spec.identitySources.map(source => source.users?.secretRef.name)];
}
