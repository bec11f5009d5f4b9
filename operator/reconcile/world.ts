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
import { DOCUMENT_KEY } from '#crds/schema/live-config.ts';
import { CERTIFICATES, type Cluster, CORE, type WatchSink } from '#crds/wire/cluster.ts';
import type { Certificate } from '#operator/render/certificate.ts';
import type { Ingress, IngressClass } from '#operator/render/ingress.ts';
import { tenantKeyOf } from '#operator/rules/attachment.ts';
import { clientIdOf } from '#operator/rules/client-id.ts';
import { type Change, ObjectStore } from '#operator/runtime/store.ts';
import type { ReconcileSettings } from './parts.ts';
import type { EndpointSlice } from './replicas.ts';
import { OURS } from './types.ts';

/** Owns what the operator knows of the cluster: one store a resource type, each fed by one watch. */

export interface World {
  tenants: ObjectStore<SsoTenant>;
  oidcClients: ObjectStore<OidcClient>;
  samlClients: ObjectStore<SamlClient>;
  namespaces: ObjectStore<KubeObject>;
  /** Children only, in the IdP's namespace. */
  configMaps: ObjectStore<ConfigMap>;
  secrets: ObjectStore<Secret>;
  /** The same; the type may not be served. */
  certificates: ObjectStore<Certificate>;
  ingresses: ObjectStore<Ingress>;
  ingressClasses: ObjectStore<IngressClass>;
  leases: ObjectStore<KubeObject>;
  slices: ObjectStore<EndpointSlice>;
  /** Secrets of all namespaces, where the settings say that they are watched. */
  brought: ObjectStore<Secret> | undefined;
  /** The same of ConfigMaps. */
  broughtConfigMaps: ObjectStore<ConfigMap> | undefined;
}

export type WorldChange = {
  [K in keyof World]: (change: Change<World[K] extends ObjectStore<infer T> | undefined ? T : never>) => void;
} & {
  /** cert-manager's API came or went. */
  certManager: () => void;
};

const own = (object: KubeObject, label: string): string[] => {
  const value = object.metadata.labels?.[label];
  return value === undefined ? [] : [value];
};
const uid = (object: KubeObject): string[] => (object.metadata.uid === undefined ? [] : [object.metadata.uid]);

/** Separates parts of an index value; it occurs in none of them. */
export const clientIdKey = (tenantKey: string, clientId: string): string => `${tenantKey} ${clientId}`;

/** `tenant`: its key for resources, its UID for live documents. */
export const entityIdKey = (tenant: string, entityId: string): string => `${tenant} ${entityId}`;

export const kindKey = (tenantUid: string, kind: Kind): string => `${tenantUid} ${kind}`;

/** A text of the live document, without reading all of it. */
function textOf(object: ConfigMap, field: 'domain' | 'entityId'): string[] {
  try {
    const document = JSON.parse(object.data?.[DOCUMENT_KEY] ?? '{}') as Record<string, unknown>;
    const value = document[field];
    return typeof value === 'string' ? [value] : [];
  } catch {
    return [];
  }
}

function domainOf(object: ConfigMap): string[] {
  return object.metadata.labels?.[LABELS.document] === 'tenant' ? textOf(object, 'domain') : [];
}

function isDocumentOf(object: KubeObject, kind: Kind): boolean {
  const { labels } = object.metadata;
  return labels?.[LABELS.document] === 'client' && labels[LABELS.ownerKind] === kind;
}

/** That a live document bears: at most one. */
export function heldEntityIds(object: ConfigMap): string[] {
  return isDocumentOf(object, 'SamlClient') ? textOf(object, 'entityId') : [];
}

function heldKeys(object: ConfigMap): string[] {
  const [tenantUid = ''] = own(object, LABELS.tenantUid);
  return heldEntityIds(object).map(entityId => entityIdKey(tenantUid, entityId));
}

/** Clients of a tenant that are live, by kind and all together. */
function clientsOf(object: KubeObject): string[] {
  const [tenantUid] = own(object, LABELS.tenantUid);
  if (tenantUid === undefined || object.metadata.labels?.[LABELS.document] !== 'client') return [];
  const kinds = (['OidcClient', 'SamlClient'] as const).filter(kind => isDocumentOf(object, kind));
  return [tenantUid, ...kinds.map(kind => kindKey(tenantUid, kind))];
}

/** By its spec, and by the metadata that was read last. */
export function entityIdsOf(client: SamlClient | undefined): string[] {
  if (client === undefined) return [];
  const named = new Set([client.spec.entityId, client.status?.entityId].filter(it => it !== undefined));
  return [...named].map(entityId => entityIdKey(tenantKeyOf(client), entityId));
}

const CLIENT_INDEXES = {
  uid,
  tenant: (client: Client) => [tenantKeyOf(client)],
  namespace: (client: Client) => [client.metadata.namespace ?? ''],
};

const BY_OWNER = { owner: (object: KubeObject) => own(object, LABELS.ownerUid) };

export function createWorld(onChange: WorldChange, settings: ReconcileSettings): World {
  return {
    tenants: new ObjectStore({
      indexes: {
        uid,
        domain: tenant => [tenant.spec.domain],
        ingressClass: ({ spec }) => (spec.exposure?.ingress === undefined ? [] : [spec.exposure.ingress.className]),
      },
      onChange: onChange.tenants,
    }),
    oidcClients: new ObjectStore<OidcClient>({
      indexes: {
        ...CLIENT_INDEXES,
        clientId: client => [clientIdKey(tenantKeyOf(client), clientIdOf(client))],
      },
      onChange: onChange.oidcClients,
    }),
    samlClients: new ObjectStore<SamlClient>({
      indexes: { ...CLIENT_INDEXES, entityId: entityIdsOf },
      onChange: onChange.samlClients,
    }),
    namespaces: new ObjectStore({ onChange: onChange.namespaces }),
    configMaps: new ObjectStore<ConfigMap>({
      indexes: { owner: object => own(object, LABELS.ownerUid), domain: domainOf, entityId: heldKeys, clientsOf },
      onChange: onChange.configMaps,
    }),
    secrets: new ObjectStore<Secret>({ indexes: BY_OWNER, onChange: onChange.secrets }),
    certificates: new ObjectStore<Certificate>({
      indexes: BY_OWNER,
      onChange: onChange.certificates,
      onServed: onChange.certManager,
    }),
    ingresses: new ObjectStore<Ingress>({ indexes: BY_OWNER, onChange: onChange.ingresses }),
    ingressClasses: new ObjectStore<IngressClass>({ onChange: onChange.ingressClasses }),
    leases: new ObjectStore({ onChange: onChange.leases }),
    slices: new ObjectStore({ onChange: onChange.slices }),
    brought: settings.watchSecrets === true ? new ObjectStore<Secret>({ onChange: onChange.brought }) : undefined,
    broughtConfigMaps:
      settings.watchConfigMaps === true
        ? new ObjectStore<ConfigMap>({ onChange: onChange.broughtConfigMaps })
        : undefined,
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
  cluster.watch(OURS.OidcClient, {}, withoutDeparting(world.oidcClients), signal);
  cluster.watch(OURS.SamlClient, {}, withoutDeparting(world.samlClients), signal);
  cluster.watch(CORE.namespaces, {}, world.namespaces, signal);
  cluster.watch(CORE.configMaps, children, world.configMaps, signal);
  cluster.watch(CORE.secrets, children, world.secrets, signal);
  cluster.watch(CERTIFICATES, children, world.certificates, signal);
  cluster.watch(CORE.ingresses, children, world.ingresses, signal);
  cluster.watch(CORE.ingressClasses, {}, world.ingressClasses, signal);
  cluster.watch(CORE.leases, { namespace, labelSelector: LABELS.replica }, world.leases, signal);
  const slices = { namespace, labelSelector: `kubernetes.io/service-name=${settings.idpService}` };
  cluster.watch(CORE.endpointSlices, slices, world.slices, signal);
  if (world.brought !== undefined) cluster.watch(CORE.secrets, {}, world.brought, signal);
  if (world.broughtConfigMaps !== undefined) cluster.watch(CORE.configMaps, {}, world.broughtConfigMaps, signal);
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

/** What those need who treat all kinds alike. */
export type ResourceStore = Pick<ObjectStore<AnyResource>, 'get' | 'list' | 'by' | 'raise'>;

export function storesOf({ tenants, oidcClients, samlClients }: World): Record<Kind, ResourceStore> {
  return { SsoTenant: tenants, OidcClient: oidcClients, SamlClient: samlClients };
}

/** The resource that a UID belongs to; undefined when no resource bears it any more. */
export function resourceOf(world: World, ownerUid: string): AnyResource | undefined {
  return Object.values(storesOf(world))
    .flatMap(store => store.by('uid', ownerUid))
    .at(0);
}
