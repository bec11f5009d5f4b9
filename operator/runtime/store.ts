import type { KubeObject } from '#crds/schema/kinds.ts';
import type { WatchSink } from '#crds/wire/cluster.ts';

/**
 * Owns the newest known state of one resource type. It is fed by a watch and raised by the replies to our own writes,
 * so that the next step already sees what the last one wrote. An older resourceVersion never replaces a newer one.
 */

export interface Change<T> {
  before: T | undefined;
  after: T | undefined;
  /** true: a reply to our own write, not news from outside. */
  isOurs: boolean;
}

export type Index<T> = (object: T) => readonly string[];

export interface StoreOptions<T> {
  indexes?: Record<string, Index<T>>;
  onChange?: (change: Change<T>) => void;
  /** Present: the type may be missing from the API server, and this is told when that changes. */
  onServed?: () => void;
}

/** `namespace/name`, or `name` for a cluster-wide object. */
export function keyOf(object: KubeObject): string {
  const { namespace, name } = object.metadata;
  return namespace === undefined ? name : `${namespace}/${name}`;
}

function versionOf(object: KubeObject): bigint {
  return BigInt(object.metadata.resourceVersion ?? '0');
}

export class ObjectStore<T extends KubeObject> implements WatchSink<T> {
  readonly synced: Promise<void>;
  readonly #objects = new Map<string, T>();
  readonly #indexes: [Index<T>, Map<string, Map<string, T>>][];
  readonly #names: Map<string, number>;
  readonly #onChange: ((change: Change<T>) => void) | undefined;
  /** Only where {@link StoreOptions.onServed} is given. */
  readonly absent?: () => void;
  readonly #onServed: (() => void) | undefined;
  #isServed = true;
  #announceSynced: () => void = () => {};
  /** Newest resourceVersion that the watch has told: a reply at or below it is old news. */
  #seen = 0n;

  constructor(options: StoreOptions<T> = {}) {
    const entries = Object.entries(options.indexes ?? {});
    this.#names = new Map(entries.map(([name], position) => [name, position]));
    this.#indexes = entries.map(([, index]) => [index, new Map()]);
    this.#onChange = options.onChange;
    this.#onServed = options.onServed;
    if (options.onServed !== undefined) this.absent = () => this.#vanish();
    this.synced = new Promise(resolve => {
      this.#announceSynced = resolve;
    });
  }

  /** false: the API server does not know the type. */
  get isServed(): boolean {
    return this.#isServed;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  list(): T[] {
    return [...this.#objects.values()];
  }

  by(index: string, value: string): T[] {
    return [...(this.#entriesOf(index).get(value)?.values() ?? [])];
  }

  count(index: string, value: string): number {
    return this.#entriesOf(index).get(value)?.size ?? 0;
  }

  replaced(objects: T[], resourceVersion: string): void {
    this.#seen = BigInt(resourceVersion);
    this.#serve(true);
    const listed = new Set(objects.map(keyOf));
    for (const [key, present] of this.#objects) {
      if (!listed.has(key) && versionOf(present) <= this.#seen) this.#put(key, undefined, false);
    }
    for (const object of objects) this.#putNewer(object, false);
    this.#announceSynced();
  }

  changed(object: T): void {
    this.#see(object);
    this.#putNewer(object, false);
  }

  deleted(object: T): void {
    this.#see(object);
    const present = this.#objects.get(keyOf(object));
    if (present !== undefined && versionOf(present) <= versionOf(object)) this.#put(keyOf(object), undefined, false);
  }

  /** Takes in the reply to a write of ours. */
  raise(object: T): void {
    const isOld = versionOf(object) <= this.#seen && !this.#objects.has(keyOf(object));
    if (!isOld) this.#putNewer(object, true);
  }

  #vanish(): void {
    for (const key of this.#objects.keys()) this.#put(key, undefined, false);
    this.#serve(false);
    this.#announceSynced();
  }

  #serve(isServed: boolean): void {
    if (this.#isServed === isServed) return;
    this.#isServed = isServed;
    this.#onServed?.();
  }

  #see(object: T): void {
    const version = versionOf(object);
    if (version > this.#seen) this.#seen = version;
  }

  #putNewer(object: T, isOurs: boolean): void {
    const key = keyOf(object);
    const present = this.#objects.get(key);
    if (present === undefined || versionOf(object) > versionOf(present)) this.#put(key, object, isOurs);
  }

  #put(key: string, after: T | undefined, isOurs: boolean): void {
    const before = this.#objects.get(key);
    if (after === undefined) this.#objects.delete(key);
    else this.#objects.set(key, after);
    for (const [index, entries] of this.#indexes) {
      for (const value of before === undefined ? [] : index(before)) unlink(entries, value, key);
      for (const value of after === undefined ? [] : index(after)) link(entries, value, [key, after]);
    }
    this.#onChange?.({ before, after, isOurs });
  }

  #entriesOf(index: string): Map<string, Map<string, T>> {
    const position = this.#names.get(index);
    const found = position === undefined ? undefined : this.#indexes[position];
    if (found === undefined) throw new TypeError(`no index named ${index}`);
    return found[1];
  }
}

function link<T>(
  entries: Map<string, Map<string, T>>,
  value: string,
  [key, object]: readonly [string, T | undefined],
): void {
  if (object === undefined) return;
  const found = entries.get(value) ?? new Map<string, T>();
  found.set(key, object);
  entries.set(value, found);
}

function unlink<T>(entries: Map<string, Map<string, T>>, value: string, key: string): void {
  const found = entries.get(value);
  found?.delete(key);
  if (found?.size === 0) entries.delete(value);
}
