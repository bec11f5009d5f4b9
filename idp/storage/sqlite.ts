import { DatabaseSync, type StatementSync } from 'node:sqlite';
import {
  type Json,
  type Store,
  type StoredRecord,
  StoreUnavailable,
  type WriteOptions,
  type WriteResult,
} from './store.ts';

/**
 * A store in one file, shared by several processes of one machine. Every promise of Store is one statement, or one
 * transaction that takes the write lock first (BEGIN IMMEDIATE): a transaction that begins by reading and then writes
 * could find that somebody else wrote meanwhile, and SQLite answers that with an error instead of waiting.
 */

export interface SqliteStoreOptions {
  path: string;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Every write is on the disk before it counts, also when the power fails. */
  isDurable?: boolean;
  /** Milliseconds to wait for another process's write. */
  busyTimeout?: number;
  /** Milliseconds between two sweeps of what has expired. */
  sweepEvery?: number;
}

/** WAL: readers never wait for the writer. NORMAL: a power cut may lose the last moments, a killed process nothing. */
const SETUP = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS record (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    version INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    consumed_at INTEGER,
    alias TEXT,
    family TEXT
  );
  CREATE UNIQUE INDEX IF NOT EXISTS record_alias ON record (alias) WHERE alias IS NOT NULL;
  CREATE INDEX IF NOT EXISTS record_family ON record (family) WHERE family IS NOT NULL;
  CREATE INDEX IF NOT EXISTS record_expires_at ON record (expires_at);
`;

const STATEMENTS = {
  read: 'SELECT value, version, consumed_at FROM record WHERE key = ? AND expires_at > ?',
  readByAlias: 'SELECT value, version, consumed_at FROM record WHERE alias = ? AND expires_at > ?',
  leaveAlias: 'UPDATE record SET alias = NULL WHERE alias = ? AND key <> ?',
  put: `INSERT OR REPLACE INTO record (key, value, version, expires_at, consumed_at, alias, family)
        VALUES (?, ?, ?, ?, ?, ?, ?)`,
  consume: `UPDATE record SET consumed_at = ?, version = version + 1
            WHERE key = ? AND consumed_at IS NULL AND expires_at > ?`,
  remove: 'DELETE FROM record WHERE key = ?',
  removeGroup: 'DELETE FROM record WHERE family = ?',
  sweep: 'DELETE FROM record WHERE key IN (SELECT key FROM record WHERE expires_at <= ? LIMIT 1000)',
  begin: 'BEGIN IMMEDIATE',
  commit: 'COMMIT',
  rollback: 'ROLLBACK',
} as const;

type Statements = Record<keyof typeof STATEMENTS, StatementSync>;

export function openSqliteStore(options: SqliteStoreOptions): Store {
  const database = guard(() => open(options));
  const file = new File(
    guard(() => prepare(database)),
    options.now,
  );
  const timer = setInterval(() => sweep(file), options.sweepEvery ?? 60_000).unref();
  return {
    read: key => attempt(() => file.read(key)),
    readByAlias: alias => attempt(() => file.readByAlias(alias)),
    write: (key, value, how) => attempt(() => file.write(key, value, how)),
    consume: (key, at) => attempt(() => file.consume(key, at)),
    remove: key => attempt(() => file.remove(key)),
    removeGroup: group => attempt(() => file.removeGroup(group)),
    close: () =>
      attempt(() => {
        clearInterval(timer);
        database.close();
      }),
  };
}

function open(options: SqliteStoreOptions): DatabaseSync {
  const database = new DatabaseSync(options.path, { timeout: options.busyTimeout ?? 2000 });
  database.exec(SETUP);
  if (options.isDurable) database.exec('PRAGMA synchronous = FULL');
  return database;
}

function prepare(database: DatabaseSync): Statements {
  const entries = Object.entries(STATEMENTS).map(([name, sql]) => [name, database.prepare(sql)]);
  return Object.fromEntries(entries) as Statements;
}

/** The error of SQLite names the file and the statement, never a value. */
function guard<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new StoreUnavailable('the session database does not answer', { cause });
  }
}

function attempt<T>(work: () => T): Promise<T> {
  return new Promise(resolve => {
    resolve(guard(work));
  });
}

/** What cannot be swept now is swept next time; expired records are never read meanwhile. */
function sweep(file: File): void {
  try {
    file.sweep();
  } catch {
    return;
  }
}

class File {
  private readonly sql: Statements;
  private readonly now: () => number;

  constructor(sql: Statements, now: () => number) {
    this.sql = sql;
    this.now = now;
  }

  read(key: string): StoredRecord | undefined {
    return toRecord(this.sql.read.get(key, this.now()));
  }

  readByAlias(alias: string): StoredRecord | undefined {
    return toRecord(this.sql.readByAlias.get(alias, this.now()));
  }

  write(key: string, value: Record<string, Json>, how: WriteOptions): WriteResult {
    return this.locked(() => {
      if (how.unless !== undefined && this.read(how.unless) !== undefined) return 'blocked';
      const before = this.read(key) ?? { version: 0 };
      if (how.ifVersion !== undefined && how.ifVersion !== before.version) return 'conflict';
      this.put(key, value, how, before);
      return 'written';
    });
  }

  consume(key: string, at: number): 'consumed' | 'already' | 'missing' {
    const { changes } = this.sql.consume.run(at, key, this.now());
    if (changes === 1) return 'consumed';
    return this.read(key) === undefined ? 'missing' : 'already';
  }

  remove(key: string): void {
    this.sql.remove.run(key);
  }

  removeGroup(group: string): void {
    this.sql.removeGroup.run(group);
  }

  sweep(): void {
    this.sql.sweep.run(this.now());
  }

  private put(
    key: string,
    value: Record<string, Json>,
    how: WriteOptions,
    before: Pick<StoredRecord, 'version' | 'consumedAt'>,
  ): void {
    const { ttl, alias = null, group = null } = how;
    if (alias !== null) this.sql.leaveAlias.run(alias, key);
    const changing = [before.version + 1, this.now() + ttl * 1000, before.consumedAt ?? null];
    this.sql.put.run(key, JSON.stringify(value), ...changing, alias, group);
  }

  private locked<T>(work: () => T): T {
    this.sql.begin.run();
    try {
      const result = work();
      this.sql.commit.run();
      return result;
    } catch (cause) {
      this.sql.rollback.run();
      throw cause;
    }
  }
}

function toRecord(row: unknown): StoredRecord | undefined {
  if (row === undefined) return undefined;
  const { value, version, consumed_at } = row as { value: string; version: number; consumed_at: number | null };
  const consumed = consumed_at === null ? {} : { consumedAt: consumed_at };
  return { value: JSON.parse(value) as Record<string, Json>, version, ...consumed };
}
