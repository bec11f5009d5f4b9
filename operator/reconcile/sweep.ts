import { ANNOTATIONS, LABELS, MANAGED_BY } from '#crds/schema/group.ts';
import { type ConfigMap, KINDS, type Kind, type KubeObject } from '#crds/schema/kinds.ts';
import { CERTIFICATES, CORE, type ResourceType } from '#crds/wire/cluster.ts';
import type { Outcome } from '#operator/runtime/controller.ts';
import { Superseded } from '#operator/runtime/failures.ts';
import type { House } from './house.ts';
import { OURS } from './types.ts';
import { resourceOf } from './world.ts';

/**
 * Removes what no resource explains, by the UID that it was made for. It looks only at what is there, so it works as
 * well after the operator was down; there are no finalizers.
 */
export async function sweep(house: House, uid: string): Promise<Outcome> {
  const { world } = house;
  if (resourceOf(world, uid) !== undefined) return {};
  for (const reader of Object.values(house.readers)) reader.forget(uid);
  house.keptKeys.delete(uid);
  house.pending.delete(uid);
  house.proven.delete(uid);
  house.patience.forget(uid);
  const found = CHILDREN.map(({ store, type }) => ({ type, objects: world[store].by('owner', uid).filter(isOurs) }));
  const children = found.flatMap(({ objects }) => objects);
  if (children.length === 0 || (await isAlive(house, uid, children))) return {};
  const outside = await Promise.allSettled(placesOf(children).map(place => removeOutside(house, uid, place)));
  const failed = outside.find(result => result.status === 'rejected');
  if (failed !== undefined) {
    // The IdP must forget at once, whatever happens elsewhere; what says where the rest lies stays until it is gone.
    for (const configMap of world.configMaps.by('owner', uid).filter(isOurs)) await hide(house, configMap);
    throw new Error('what was written for an application could not be removed', { cause: failed.reason });
  }
  for (const { type, objects } of found) for (const { metadata } of objects) await remove(house, type, metadata);
  return {};
}

/** In the order in which they go: nobody is led to a host that is gone, and cert-manager makes no Secret again. */
const CHILDREN = [
  { store: 'ingresses', type: CORE.ingresses },
  { store: 'configMaps', type: CORE.configMaps },
  { store: 'certificates', type: CERTIFICATES },
  { store: 'secrets', type: CORE.secrets },
] as const;

/** Without this label no replica sees it. */
async function hide({ cluster, world }: House, { metadata }: ConfigMap): Promise<void> {
  const { name, namespace, labels } = metadata;
  if (labels?.[LABELS.document] === undefined || namespace === undefined) return;
  const patch = { metadata: { name, namespace, labels: { [LABELS.document]: null } } };
  world.configMaps.raise(await cluster.merge<ConfigMap>(CORE.configMaps, patch));
}

function isOurs({ metadata }: KubeObject): boolean {
  return metadata.labels?.[LABELS.managedBy] === MANAGED_BY;
}

function remove(
  { cluster }: House,
  type: ResourceType,
  { name, namespace, uid }: KubeObject['metadata'],
): Promise<void> {
  return cluster.delete(type, name, namespace, uid);
}

interface Place {
  namespace: string;
  name: string;
}

function ownerOf(child: KubeObject): Place | undefined {
  const [namespace, name] = child.metadata.annotations?.[ANNOTATIONS.owner]?.split('/') ?? [];
  return namespace && name ? { namespace, name } : undefined;
}

/** The cache may lag behind after a change of leader: ask before anything is taken away. */
async function isAlive({ cluster }: House, uid: string, children: readonly KubeObject[]): Promise<boolean> {
  for (const child of children) {
    const kind = child.metadata.labels?.[LABELS.ownerKind];
    const place = ownerOf(child);
    if (place === undefined || kind === undefined || !(kind in KINDS)) continue;
    const resource = await cluster.get(OURS[kind as Kind], place.name, place.namespace);
    const isThere = resource?.metadata.uid === uid && resource.metadata.deletionTimestamp === undefined;
    if (isThere) throw new Superseded('the resource is there, the cache has not seen it yet');
    return false;
  }
  return false;
}

/** What is written for applications, and how the children of a client say where. */
const OUTSIDE = [
  { annotation: ANNOTATIONS.applicationSecret, type: CORE.secrets },
  { annotation: ANNOTATIONS.output, type: CORE.configMaps },
] as const;

interface OutsidePlace extends Place {
  type: ResourceType;
}

function placesOf(children: readonly KubeObject[]): OutsidePlace[] {
  const places = children.flatMap(child => {
    const owner = ownerOf(child);
    if (owner === undefined) return [];
    return OUTSIDE.flatMap(({ annotation, type }) => {
      const name = child.metadata.annotations?.[annotation];
      return name === undefined ? [] : [{ type, namespace: owner.namespace, name }];
    });
  });
  return [...new Map(places.map(place => [`${place.type.plural} ${place.namespace}/${place.name}`, place])).values()];
}

async function removeOutside({ cluster }: House, uid: string, { type, namespace, name }: OutsidePlace): Promise<void> {
  const object = await cluster.get(type, name, namespace);
  if (object?.metadata.labels?.[LABELS.ownerUid] !== uid) return;
  await cluster.delete(type, name, namespace, object.metadata.uid);
}
