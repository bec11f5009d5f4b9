import type { Json, Store, StoredRecord, WriteOptions, WriteResult } from './store.ts';

/**
 * A store in this process: for one replica without a file, and for tests. Owns nothing beyond the promises of Store;
 * knows neither protocol nor tenants. Values are kept as text, so that nobody shares an object with the store.
 */

interface Entry {
  text: string;
  version: number;
  /** Milliseconds. */
  expiresAt: number;
  consumedAt: number | undefined;
  alias: string | undefined;
  group: string | undefined;
}

export interface MemoryStoreOptions {
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Milliseconds between two sweeps of what has expired. */
  sweepEvery?: number;
}

export function openMemoryStore(options: MemoryStoreOptions): Store {
  const shelf = new Shelf(options.now);
  const timer = setInterval(() => shelf.sweep(), options.sweepEvery ?? 60_000).unref();
  return {
    read: key => Promise.resolve(shelf.read(key)),
    readByAlias: alias => Promise.resolve(shelf.readByAlias(alias)),
    write: (key, value, how) => Promise.resolve(shelf.write(key, value, how)),
    consume: (key, at) => Promise.resolve(shelf.consume(key, at)),
    remove: key => Promise.resolve(shelf.remove(key)),
    removeGroup: group => Promise.resolve(shelf.removeGroup(group)),
    close: () => Promise.resolve(clearInterval(timer)),
  };
}

class Shelf {
  private readonly entries = new Map<string, Entry>();
  private readonly aliases = new Map<string, string>();
  private readonly groups = new Map<string, Set<string>>();
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  read(key: string): StoredRecord | undefined {
    const entry = this.live(key);
    if (entry === undefined) return undefined;
    const value = JSON.parse(entry.text) as Record<string, Json>;
    const consumed = entry.consumedAt === undefined ? {} : { consumedAt: entry.consumedAt };
    return { value, version: entry.version, ...consumed };
  }

  readByAlias(alias: string): StoredRecord | undefined {
    const key = this.aliases.get(alias);
    return key === undefined ? undefined : this.read(key);
  }

  write(key: string, value: Record<string, Json>, how: WriteOptions): WriteResult {
    if (how.unless !== undefined && this.live(how.unless) !== undefined) return 'blocked';
    const { version, consumedAt } = this.live(key) ?? { version: 0, consumedAt: undefined };
    if (how.ifVersion !== undefined && how.ifVersion !== version) return 'conflict';
    this.remove(key);
    const { alias, group, ttl } = how;
    const expiresAt = this.now() + ttl * 1000;
    this.put(key, { text: JSON.stringify(value), version: version + 1, expiresAt, consumedAt, alias, group });
    return 'written';
  }

  consume(key: string, at: number): 'consumed' | 'already' | 'missing' {
    const entry = this.live(key);
    if (entry === undefined) return 'missing';
    if (entry.consumedAt !== undefined) return 'already';
    entry.consumedAt = at;
    entry.version += 1;
    return 'consumed';
  }

  remove(key: string): void {
    const entry = this.entries.get(key);
    if (entry === undefined) return;
    this.entries.delete(key);
    if (entry.alias !== undefined && this.aliases.get(entry.alias) === key) this.aliases.delete(entry.alias);
    if (entry.group === undefined) return;
    const members = this.groups.get(entry.group);
    members?.delete(key);
    if (members?.size === 0) this.groups.delete(entry.group);
  }

  removeGroup(group: string): void {
    for (const key of this.groups.get(group) ?? []) this.remove(key);
  }

  sweep(): void {
    for (const key of this.entries.keys()) this.live(key);
  }

  private put(key: string, entry: Entry): void {
    const { alias, group } = entry;
    this.entries.set(key, entry);
    if (alias !== undefined) this.aliases.set(alias, key);
    if (group !== undefined) this.groups.set(group, (this.groups.get(group) ?? new Set()).add(key));
  }

  private live(key: string): Entry | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined || entry.expiresAt > this.now()) return entry;
    this.remove(key);
    return undefined;
  }
}
