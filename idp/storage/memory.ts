import type { Json, Store, StoredRecord, WriteOptions } from './store.ts';

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

  write(key: string, value: Record<string, Json>, how: WriteOptions): 'written' | 'conflict' | 'blocked' {
    const before = this.live(key);
    if (how.unless !== undefined && this.live(how.unless) !== undefined) return 'blocked';
    if (how.ifVersion !== undefined && how.ifVersion !== (before?.version ?? 0)) return 'conflict';
    this.remove(key);
    this.entries.set(key, {
      text: JSON.stringify(value),
      version: (before?.version ?? 0) + 1,
      expiresAt: this.now() + how.ttl * 1000,
      consumedAt: before?.consumedAt,
      alias: how.alias,
      group: how.group,
    });
    if (how.alias !== undefined) this.aliases.set(how.alias, key);
    if (how.group !== undefined) this.groups.set(how.group, (this.groups.get(how.group) ?? new Set()).add(key));
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

  private live(key: string): Entry | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined || entry.expiresAt > this.now()) return entry;
    this.remove(key);
    return undefined;
  }
}
