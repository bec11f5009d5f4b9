import { isDeepStrictEqual } from 'node:util';
import { API_VERSION } from '#crds/schema/group.ts';
import type { KubeObject } from '#crds/schema/kinds.ts';
import {
  type Cluster,
  CORE,
  type MergePatch,
  type ResourceType,
  type WatchScope,
  type WatchSink,
  WireError,
} from '#crds/wire/cluster.ts';
import { NO_FILES, type ObjectFiles } from './object-files.ts';
import { isInScope, type Predicate } from './selector.ts';

/**
 * The API server of the no-cluster mode: keeps the promises of crds/wire/cluster.ts (resourceVersions, conflicts, status
 * subresource, watches) in memory, and everything durable as files, which the IdP reads. One writer, so server-side apply
 * is a replacement. It validates nothing and knows no controller.
 */

export interface FolderClusterOptions {
  now: () => Date;
  newUid: (object: KubeObject) => string;
  /** Absent: nothing is kept. */
  files?: ObjectFiles;
}

/** Kept in memory only: they tell of processes that are gone when the folder is read again. */
const VOLATILE = new Set<string>([CORE.leases.kind, CORE.events.kind, CORE.endpointSlices.kind]);

interface Watcher {
  typeKey: string;
  isWanted: Predicate;
  sink: WatchSink<KubeObject>;
}

type Fields = KubeObject & { status?: unknown };

export class FolderCluster implements Cluster {
  private readonly options: FolderClusterOptions;
  private readonly files: ObjectFiles;
  private readonly objects = new Map<string, Map<string, KubeObject>>();
  private readonly watchers = new Set<Watcher>();
  private version: bigint;

  constructor(options: FolderClusterOptions) {
    this.options = options;
    this.files = options.files ?? NO_FILES;
    const kept = this.files.load().filter(object => !VOLATILE.has(object.kind));
    for (const object of kept) this.shelf(object).set(nameOf(object), object);
    this.version = kept.map(object => BigInt(object.metadata.resourceVersion ?? 0)).reduce(max, 0n);
  }

  watch<T extends KubeObject>(type: ResourceType, scope: WatchScope, sink: WatchSink<T>, signal: AbortSignal): void {
    const watcher = {
      typeKey: keyOf(type),
      isWanted: isInScope(scope),
      sink: sink as unknown as WatchSink<KubeObject>,
    };
    if (sink.absent !== undefined) {
      // Nobody's CRDs but ours are here.
      queueMicrotask(() => signal.aborted || sink.absent?.());
      return;
    }
    const first = this.list<T>(type).filter(watcher.isWanted);
    const version = String(this.version);
    queueMicrotask(() => signal.aborted || sink.replaced(first, version));
    this.watchers.add(watcher);
    signal.addEventListener('abort', () => this.watchers.delete(watcher), { once: true });
  }

  /** Every object of a type, in the order of namespace and name. */
  list<T extends KubeObject>(type: ResourceType): T[] {
    const objects = [...(this.objects.get(keyOf(type)) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
    return objects.map(([, object]) => structuredClone(object) as T);
  }

  /** What is there now, not to be changed; rules about change look here before they apply. */
  peek(type: ResourceType, { metadata }: KubeObject): Readonly<KubeObject> | undefined {
    return this.find(type, metadata.name, metadata.namespace);
  }

  async get<T extends KubeObject>(type: ResourceType, name: string, namespace?: string): Promise<T | undefined> {
    return structuredClone(this.find(type, name, namespace)) as T | undefined;
  }

  async create<T extends KubeObject>(type: ResourceType, object: T): Promise<T> {
    const { name, namespace } = object.metadata;
    if (this.find(type, name, namespace))
      throw new WireError('AlreadyExists', `${type.plural} "${name}" already exists`);
    if (type.namespaced && this.find(CORE.namespaces, namespace ?? '', undefined) === undefined)
      throw new WireError('NotFound', `namespaces "${namespace}" not found`);
    return this.put(type, undefined, object);
  }

  async apply<T extends KubeObject>(type: ResourceType, object: T): Promise<T> {
    const live = this.find(type, object.metadata.name, object.metadata.namespace);
    if (live === undefined) return this.create(type, object);
    if (object.metadata.resourceVersion !== undefined) checkVersion(type, live, object);
    return this.put(type, live, object);
  }

  async merge<T extends KubeObject>(type: ResourceType, patch: MergePatch): Promise<T> {
    const live = this.find(type, patch.metadata.name, patch.metadata.namespace);
    if (live === undefined) throw new WireError('NotFound', `${type.plural} "${patch.metadata.name}" not found`);
    if (patch.metadata.resourceVersion !== undefined) checkVersion(type, live, patch);
    return this.put(type, live, mergePatch(live, patch) as T);
  }

  async replace<T extends KubeObject>(type: ResourceType, object: T): Promise<T> {
    return this.put(type, this.mustFind(type, object), object);
  }

  async replaceStatus<T extends KubeObject>(type: ResourceType, object: T): Promise<T> {
    const live = this.mustFind(type, object);
    const next: Fields = { ...live, status: plain<Fields>(object).status };
    return this.store(type, live, next) as T;
  }

  async delete(type: ResourceType, name: string, namespace: string | undefined, uid?: string): Promise<void> {
    const live = this.find(type, name, namespace);
    if (live === undefined || (uid !== undefined && live.metadata.uid !== uid)) return;
    this.objects.get(keyOf(type))?.delete(nameOf(live));
    if (!VOLATILE.has(live.kind)) this.files.remove(type.plural, live);
    this.version += 1n;
    const last = { ...live, metadata: { ...live.metadata, resourceVersion: String(this.version) } };
    this.tell(type, live, last, false);
  }

  private find(type: ResourceType, name: string, namespace: string | undefined): Fields | undefined {
    return this.objects.get(keyOf(type))?.get(`${type.namespaced ? (namespace ?? '') : ''}/${name}`);
  }

  private mustFind(type: ResourceType, object: KubeObject): Fields {
    const live = this.find(type, object.metadata.name, object.metadata.namespace);
    if (live === undefined) throw new WireError('NotFound', `${type.plural} "${object.metadata.name}" not found`);
    checkVersion(type, live, object);
    return live;
  }

  /** Spec and metadata as wished; what the server owns stays. */
  private put<T extends KubeObject>(type: ResourceType, live: Fields | undefined, wished: T): T {
    const { status, ...rest } = plain(wished) as T & Fields;
    const hasStatus = type.apiVersion === API_VERSION;
    const kept = hasStatus ? live?.status : status;
    const next: Fields = { ...rest, ...(kept === undefined ? {} : { status: kept }) };
    const generation = hasStatus ? nextGeneration(live, next) : undefined;
    next.metadata = {
      ...this.labelled(type, next),
      ...(generation === undefined ? {} : { generation }),
      uid: live?.metadata.uid ?? this.options.newUid(next),
      creationTimestamp: live?.metadata.creationTimestamp ?? `${this.options.now().toISOString().slice(0, 19)}Z`,
    };
    return this.store(type, live, next) as T;
  }

  /** The API server labels every Namespace with its name; selectors by name depend on it. */
  private labelled(type: ResourceType, { metadata }: KubeObject): KubeObject['metadata'] {
    if (type.plural !== CORE.namespaces.plural) return metadata;
    return { ...metadata, labels: { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name } };
  }

  /** A write that changes nothing is none, as on the API server. */
  private store(type: ResourceType, live: KubeObject | undefined, next: KubeObject): KubeObject {
    const same = { ...next, metadata: { ...next.metadata, resourceVersion: live?.metadata.resourceVersion ?? '' } };
    if (live !== undefined && isDeepStrictEqual(same, live)) return structuredClone(live);
    this.version += 1n;
    const stored = { ...next, metadata: { ...next.metadata, resourceVersion: String(this.version) } };
    if (!VOLATILE.has(stored.kind)) this.files.write(type.plural, stored);
    this.shelf(stored).set(nameOf(stored), stored);
    this.tell(type, live, stored, true);
    return structuredClone(stored);
  }

  private tell(type: ResourceType, before: KubeObject | undefined, object: KubeObject, isThere: boolean): void {
    for (const watcher of this.watchers) {
      if (watcher.typeKey !== keyOf(type)) continue;
      const isWanted = isThere && watcher.isWanted(object);
      const wasWanted = before !== undefined && watcher.isWanted(before);
      if (!isWanted && !wasWanted) continue;
      const copy = structuredClone(object);
      queueMicrotask(() => {
        if (!this.watchers.has(watcher)) return;
        if (isWanted) watcher.sink.changed(copy);
        else watcher.sink.deleted(copy);
      });
    }
  }

  private shelf(object: KubeObject): Map<string, KubeObject> {
    const shelf = this.objects.get(keyOf(object)) ?? new Map<string, KubeObject>();
    this.objects.set(keyOf(object), shelf);
    return shelf;
  }
}

/** As it would come back from the wire: fields that are undefined are not there. */
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

const keyOf = (type: { apiVersion: string; kind: string }): string => `${type.apiVersion} ${type.kind}`;
const nameOf = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name}`;
const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** RFC 7386. */
function mergePatch(live: unknown, patch: unknown): unknown {
  if (patch === null || typeof patch !== 'object' || Array.isArray(patch)) return patch;
  const kept = live !== null && typeof live === 'object' ? (live as Record<string, unknown>) : {};
  const merged = Object.entries(patch).map(([key, value]) => [key, mergePatch(kept[key], value)] as const);
  const all = Object.entries({ ...kept, ...Object.fromEntries(merged) });
  return Object.fromEntries(all.filter(([key]) => (patch as Record<string, unknown>)[key] !== null));
}

type Versioned = { metadata: { name: string; resourceVersion?: string } };

function checkVersion(type: ResourceType, live: KubeObject | undefined, object: Versioned): void {
  if (live !== undefined && live.metadata.resourceVersion === object.metadata.resourceVersion) return;
  throw new WireError('Conflict', `${type.plural} "${object.metadata.name}" has been modified`);
}

/** Counts changes of anything but metadata and status. */
function nextGeneration(live: Fields | undefined, next: Fields): number {
  const generation = live?.metadata.generation ?? 0;
  const wish = ({ metadata: _metadata, status: _status, ...rest }: Fields): object => rest;
  return live !== undefined && isDeepStrictEqual(wish(live), wish(next)) ? generation : generation + 1;
}
