import { isDeepStrictEqual } from 'node:util';
import { ANNOTATIONS, LABELS } from '#crds/schema/group.ts';
import type { KubeObject, ObjectMeta } from '#crds/schema/kinds.ts';
import { type Cluster, type MergePatch, type ResourceType, WireError } from '#crds/wire/cluster.ts';
import { Superseded } from '#operator/runtime/failures.ts';

/**
 * Brings one object to its wish: nothing when it is there already, a POST when it is new (so that nothing foreign is
 * taken over unseen), else server-side apply with the resourceVersion that was looked at.
 */

export interface Child extends KubeObject {
  type?: string;
  data?: Record<string, string>;
}

/** An object of this name belongs to somebody else. */
export class ResourceTaken extends Error {
  readonly code = 'ResourceTaken';
  readonly kind: string;
  readonly objectName: string;
  constructor(kind: string, objectName: string, options?: ErrorOptions) {
    super(`${kind} ${objectName} exists and was not made for this resource`, options);
    this.name = 'ResourceTaken';
    this.kind = kind;
    this.objectName = objectName;
  }
}

export interface Write<T extends Child> {
  cluster: Cluster;
  type: ResourceType;
  live: T | undefined;
  wish: T;
  /** Takes in each object that the API server answers with. */
  onReply: (object: T) => void;
}

export async function applyChild<T extends Child>(write: Write<T>): Promise<T> {
  const { cluster, type, live, wish, onReply } = write;
  if (live === undefined) return create(write);
  if (!isSameOwner(live, wish)) throw new ResourceTaken(wish.kind, wish.metadata.name);
  if (isAsWished(live, wish)) return live;
  const cleaned = hasLeftovers(live, wish) ? await cluster.merge<T>(type, removal(live, wish)) : live;
  const reply = isAsWished(cleaned, wish) ? cleaned : await cluster.apply(type, withVersion(wish, cleaned.metadata));
  onReply(reply);
  return reply;
}

async function create<T extends Child>({ cluster, type, wish, onReply }: Write<T>): Promise<T> {
  try {
    const reply = await cluster.create(type, wish);
    onReply(reply);
    return reply;
  } catch (failure) {
    if (!(failure instanceof WireError) || failure.code !== 'AlreadyExists') throw failure;
    const present = await cluster.get<T>(type, wish.metadata.name, wish.metadata.namespace);
    if (present !== undefined && !isSameOwner(present, wish)) throw new ResourceTaken(wish.kind, wish.metadata.name);
    // Ours after all: a cache that lags behind. What is minted must be read, never made over.
    if (present !== undefined) onReply(present);
    throw new Superseded(`${wish.kind} ${wish.metadata.name} is there already`, { cause: failure });
  }
}

function isSameOwner(live: KubeObject, wish: KubeObject): boolean {
  const owner = wish.metadata.labels?.[LABELS.ownerUid];
  return owner !== undefined && live.metadata.labels?.[LABELS.ownerUid] === owner;
}

/** Foreign labels and annotations are left alone; the data is ours alone. */
function isAsWished(live: Child, wish: Child): boolean {
  const includes = (all: Record<string, string> = {}, some: Record<string, string> = {}) =>
    Object.entries(some).every(([key, value]) => all[key] === value);
  const hasOwners = (wish.metadata.ownerReferences ?? []).every(owner =>
    live.metadata.ownerReferences?.some(({ uid }) => uid === owner.uid),
  );
  return (
    hasOwners &&
    includes(live.metadata.labels, wish.metadata.labels) &&
    includes(live.metadata.annotations, wish.metadata.annotations) &&
    isDeepStrictEqual(live.data ?? {}, wish.data ?? {}) &&
    staleLabels(live, wish).length === 0
  );
}

/** Labels that the resource once wished for and wishes no more. */
function staleLabels(live: KubeObject, wish: KubeObject): string[] {
  const once = live.metadata.annotations?.[ANNOTATIONS.labels]?.split(',') ?? [];
  return once.filter(label => wish.metadata.labels?.[label] === undefined);
}

function extraData(live: Child, wish: Child): string[] {
  return Object.keys(live.data ?? {}).filter(key => wish.data?.[key] === undefined);
}

/** Server-side apply leaves what another field manager, or our own POST, put there. */
function hasLeftovers(live: Child, wish: Child): boolean {
  return extraData(live, wish).length > 0 || staleLabels(live, wish).length > 0;
}

function removal(live: Child, wish: Child): MergePatch {
  const { name, namespace, resourceVersion } = live.metadata;
  const gone = (keys: string[]) => Object.fromEntries(keys.map(key => [key, null]));
  const isUnlabelled = wish.metadata.annotations?.[ANNOTATIONS.labels] === undefined;
  return {
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      labels: gone(staleLabels(live, wish)),
      annotations: gone(isUnlabelled ? [ANNOTATIONS.labels] : []),
    },
    data: gone(extraData(live, wish)),
  };
}

function withVersion<T extends Child>(wish: T, { resourceVersion }: ObjectMeta): T {
  return { ...wish, metadata: { ...wish.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) } };
}
