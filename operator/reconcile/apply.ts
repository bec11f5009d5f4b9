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
  spec?: object;
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
  /** Annotations with these prefixes are ours alone: others are taken away. */
  ownAnnotations?: readonly string[];
}

export async function applyChild<T extends Child>(write: Write<T>): Promise<T> {
  const { cluster, type, live, wish, onReply } = write;
  if (live === undefined) return create(write);
  if (!isSameOwner(live, wish)) throw new ResourceTaken(wish.kind, wish.metadata.name);
  if (isOfOtherType(live, wish)) return remake(write, live);
  const leftovers = leftoversOf(write, live);
  if (leftovers === undefined && isAsWished(live, wish)) return live;
  const cleaned = leftovers === undefined ? live : await cluster.merge<T>(type, leftovers);
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

/** The type of a Secret is immutable. */
function isOfOtherType(live: Child, wish: Child): boolean {
  return wish.type !== undefined && live.type !== undefined && live.type !== wish.type;
}

async function remake<T extends Child>(write: Write<T>, { metadata }: T): Promise<T> {
  await write.cluster.delete(write.type, metadata.name, metadata.namespace, metadata.uid);
  return create({ ...write, live: undefined });
}

function isSameOwner(live: KubeObject, wish: KubeObject): boolean {
  const owner = wish.metadata.labels?.[LABELS.ownerUid];
  return owner !== undefined && live.metadata.labels?.[LABELS.ownerUid] === owner;
}

/** Foreign labels, annotations and fields are left alone, and what the API server or a webhook filled in; the data is ours alone. */
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
    isWithin(live.spec, wish.spec)
  );
}

/** Every field of the wish is there with its value; lists count as one value. */
function isWithin(live: unknown, wish: unknown): boolean {
  if (!isPlain(wish)) return wish === undefined || isDeepStrictEqual(live, wish);
  return isPlain(live) && Object.entries(wish).every(([key, value]) => isWithin(live[key], value));
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Labels that the resource once wished for and wishes no more. */
function staleLabels(live: KubeObject, wish: KubeObject): string[] {
  const once = live.metadata.annotations?.[ANNOTATIONS.labels]?.split(',') ?? [];
  return once.filter(label => wish.metadata.labels?.[label] === undefined);
}

function extraData(live: Child, wish: Child): string[] {
  return Object.keys(live.data ?? {}).filter(key => wish.data?.[key] === undefined);
}

function foreignAnnotations(live: KubeObject, wish: KubeObject, prefixes: readonly string[]): string[] {
  const names = Object.keys(live.metadata.annotations ?? {});
  return names.filter(
    name => wish.metadata.annotations?.[name] === undefined && prefixes.some(prefix => name.startsWith(prefix)),
  );
}

/** What server-side apply would leave, since another field manager, or our own POST, put it there; undefined: nothing. */
function leftoversOf<T extends Child>({ wish, ownAnnotations = [] }: Write<T>, live: T): MergePatch | undefined {
  const [labels, data] = [staleLabels(live, wish), extraData(live, wish)];
  const foreign = foreignAnnotations(live, wish, ownAnnotations);
  if (labels.length + data.length + foreign.length === 0) return undefined;
  const isUnlabelled = wish.metadata.annotations?.[ANNOTATIONS.labels] === undefined;
  const { name, namespace, resourceVersion } = live.metadata;
  return {
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      labels: gone(labels),
      annotations: gone([...foreign, ...(labels.length > 0 && isUnlabelled ? [ANNOTATIONS.labels] : [])]),
    },
    ...(data.length > 0 ? { data: gone(data) } : {}),
  };
}

const gone = (keys: readonly string[]) => Object.fromEntries(keys.map(key => [key, null]));

function withVersion<T extends Child>(wish: T, { resourceVersion }: ObjectMeta): T {
  return { ...wish, metadata: { ...wish.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) } };
}
