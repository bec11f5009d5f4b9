import { LABELS } from '#crds/schema/group.ts';
import type { ConfigMap, Kind, KubeObject, OidcClient, Secret, SsoTenant } from '#crds/schema/kinds.ts';
import { DOCUMENT_KEY } from '#crds/schema/live-config.ts';
import { type Cluster, CORE, type WatchSink } from '#crds/wire/cluster.ts';
import { tenantKeyOf } from '#operator/rules/attachment.ts';
import { clientIdOf } from '#operator/rules/client-id.ts';
import { type Change, ObjectStore } from '#operator/runtime/store.ts';
import type { ReconcileSettings } from './parts.ts';
import type { EndpointSlice } from './replicas.ts';
import { OURS } from './types.ts';

/** Owns what the operator knows of the cluster: one store a resource type, each fed by one watch. */

export interface World {
  tenants: ObjectStore<SsoTenant>;
  clients: ObjectStore<OidcClient>;
  namespaces: ObjectStore<KubeObject>;
  /** Children only, in the IdP's namespace. */
  configMaps: ObjectStore<ConfigMap>;
  secrets: ObjectStore<Secret>;
  leases: ObjectStore<KubeObject>;
  slices: ObjectStore<EndpointSlice>;
  /** Secrets of all namespaces, where the settings say that they are watched. */
  brought: ObjectStore<Secret> | undefined;
}

export type WorldChange = {
  [K in keyof World]: (change: Change<World[K] extends ObjectStore<infer T> | undefined ? T : never>) => void;
};

const own = (object: KubeObject, label: string): string[] => {
  const value = object.metadata.labels?.[label];
  return value === undefined ? [] : [value];
};
const uid = (object: KubeObject): string[] => (object.metadata.uid === undefined ? [] : [object.metadata.uid]);

/** Separates parts of an index value; it occurs in none of them. */
export const clientIdKey = (tenantKey: string, clientId: string): string => `${tenantKey} ${clientId}`;

function domainOf(object: ConfigMap): string[] {
  if (object.metadata.labels?.[LABELS.document] !== 'tenant') return [];
  try {
    const { domain } = JSON.parse(object.data?.[DOCUMENT_KEY] ?? '{}') as { domain?: unknown };
    return typeof domain === 'string' ? [domain] : [];
  } catch {
    return [];
  }
}

function clientsOf(object: KubeObject): string[] {
  return object.metadata.labels?.[LABELS.document] === 'client' ? own(object, LABELS.tenantUid) : [];
}

export function createWorld(onChange: WorldChange, settings: ReconcileSettings): World {
  return {
    tenants: new ObjectStore({
      indexes: { uid, domain: tenant => [tenant.spec.domain] },
      onChange: onChange.tenants,
    }),
    clients: new ObjectStore<OidcClient>({
      indexes: {
        uid,
        tenant: client => [tenantKeyOf(client)],
        namespace: client => [client.metadata.namespace ?? ''],
        clientId: client => [clientIdKey(tenantKeyOf(client), clientIdOf(client))],
      },
      onChange: onChange.clients,
    }),
    namespaces: new ObjectStore({ onChange: onChange.namespaces }),
    configMaps: new ObjectStore<ConfigMap>({
      indexes: { owner: object => own(object, LABELS.ownerUid), domain: domainOf, clientsOf },
      onChange: onChange.configMaps,
    }),
    secrets: new ObjectStore<Secret>({
      indexes: { owner: object => own(object, LABELS.ownerUid) },
      onChange: onChange.secrets,
    }),
    leases: new ObjectStore({ onChange: onChange.leases }),
    slices: new ObjectStore({ onChange: onChange.slices }),
    brought: settings.watchSecrets === true ? new ObjectStore<Secret>({ onChange: onChange.brought }) : undefined,
  };
}

/** Starts every watch; resolves when each has told its first list. */
export async function watchWorld(
  world: World,
  cluster: Cluster,
  settings: ReconcileSettings,
  signal: AbortSignal,
): Promise<void> {
  const namespace = settings.idpNamespace;
  const children = { namespace, labelSelector: LABELS.ownerUid };
  cluster.watch(OURS.SsoTenant, {}, withoutDeparting(world.tenants), signal);
  cluster.watch(OURS.OidcClient, {}, withoutDeparting(world.clients), signal);
  cluster.watch(CORE.namespaces, {}, world.namespaces, signal);
  cluster.watch(CORE.configMaps, children, world.configMaps, signal);
  cluster.watch(CORE.secrets, children, world.secrets, signal);
  cluster.watch(CORE.leases, { namespace, labelSelector: LABELS.replica }, world.leases, signal);
  const slices = { namespace, labelSelector: `kubernetes.io/service-name=${settings.idpService}` };
  cluster.watch(CORE.endpointSlices, slices, world.slices, signal);
  if (world.brought !== undefined) cluster.watch(CORE.secrets, {}, world.brought, signal);
  const stores = Object.values(world) as (ObjectStore<KubeObject> | undefined)[];
  await Promise.all(stores.flatMap(store => (store === undefined ? [] : [store.synced])));
}

/** Who is being deleted is gone for us: somebody else's finalizer must not keep anybody's sign-in alive. */
function withoutDeparting<T extends KubeObject>(sink: WatchSink<T>): WatchSink<T> {
  const isDeparting = ({ metadata }: T) => metadata.deletionTimestamp !== undefined;
  return {
    replaced: (objects, version) =>
      sink.replaced(
        objects.filter(object => !isDeparting(object)),
        version,
      ),
    changed: object => (isDeparting(object) ? sink.deleted(object) : sink.changed(object)),
    deleted: object => sink.deleted(object),
  };
}

/** The resource that a UID belongs to, by kind and key; undefined when no resource bears it any more. */
export function resourceOf(world: World, ownerUid: string): { kind: Kind; object: SsoTenant | OidcClient } | undefined {
  const tenant = world.tenants.by('uid', ownerUid)[0];
  if (tenant !== undefined) return { kind: 'SsoTenant', object: tenant };
  const client = world.clients.by('uid', ownerUid)[0];
  return client === undefined ? undefined : { kind: 'OidcClient', object: client };
}
