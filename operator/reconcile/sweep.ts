import { ANNOTATIONS, LABELS, MANAGED_BY } from '#crds/schema/group.ts';
import { KINDS, type Kind, type KubeObject, type Secret } from '#crds/schema/kinds.ts';
import { CORE } from '#crds/wire/cluster.ts';
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
  house.reader.forget(uid);
  house.keptKeys.delete(uid);
  house.pending.delete(uid);
  house.proven.delete(uid);
  const configMaps = world.configMaps.by('owner', uid).filter(isOurs);
  const secrets = world.secrets.by('owner', uid).filter(isOurs);
  const children = [...configMaps, ...secrets];
  if (children.length === 0 || (await isAlive(house, uid, children))) return {};
  const applications = await Promise.allSettled(placesOf(children).map(place => removeApplication(house, uid, place)));
  // The ConfigMaps go whatever happens elsewhere: the IdP must forget at once.
  for (const { metadata } of configMaps) await remove(house, CORE.configMaps, metadata);
  const failed = applications.find(result => result.status === 'rejected');
  if (failed !== undefined) throw new Error('an application Secret could not be removed', { cause: failed.reason });
  for (const { metadata } of secrets) await remove(house, CORE.secrets, metadata);
  return {};
}

function isOurs({ metadata }: KubeObject): boolean {
  return metadata.labels?.[LABELS.managedBy] === MANAGED_BY;
}

type ChildType = typeof CORE.configMaps | typeof CORE.secrets;

function remove({ cluster }: House, type: ChildType, { name, namespace, uid }: KubeObject['metadata']): Promise<void> {
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

function placesOf(children: readonly KubeObject[]): Place[] {
  const places = children.flatMap(child => {
    const owner = ownerOf(child);
    const name = child.metadata.annotations?.[ANNOTATIONS.applicationSecret];
    return owner === undefined || name === undefined ? [] : [`${owner.namespace}/${name}`];
  });
  return [...new Set(places)].map(place => {
    const [namespace = '', name = ''] = place.split('/');
    return { namespace, name };
  });
}

async function removeApplication({ cluster }: House, uid: string, { namespace, name }: Place): Promise<void> {
  const secret = await cluster.get<Secret>(CORE.secrets, name, namespace);
  if (secret?.metadata.labels?.[LABELS.ownerUid] !== uid) return;
  await cluster.delete(CORE.secrets, name, namespace, secret.metadata.uid);
}
