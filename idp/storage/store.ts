/**
 * What sessions, codes, grants and limits need from a store. Every answer is the truth of one instant, also when many
 * replicas ask at once. Keys begin with the UID of their tenant (never its name: a tenant that is made again must not
 * inherit sessions). A store that cannot answer throws StoreUnavailable, which people see as 503 with Retry-After and
 * never as "signed out".
 */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface StoredRecord {
  readonly value: Record<string, Json>;
  /** Counts the changes of this key (writes and the consume), from 1. */
  readonly version: number;
  /** Epoch seconds of the successful `consume`. A later write does not undo it. */
  readonly consumedAt?: number;
}

export interface WriteOptions {
  /** Seconds until it is gone. */
  ttl: number;
  /** Write only over this version; 0: only where there is nothing. Absent: always. */
  ifVersion?: number;
  /** Write only while there is nothing at this key (a tombstone). Checked in the same instant. */
  unless?: string;
  /** Records of one group are removed together. */
  group?: string;
  /** A second key under which `readByAlias` finds the record; the last writer of an alias holds it. */
  alias?: string;
}

export type WriteResult = 'written' | 'conflict' | 'blocked';

export interface Store {
  read(key: string): Promise<StoredRecord | undefined>;
  readByAlias(alias: string): Promise<StoredRecord | undefined>;
  write(key: string, value: Record<string, Json>, options: WriteOptions): Promise<WriteResult>;
  /** Exactly one caller gets `consumed`, the others `already`; `missing` when the record is not there (any more). */
  consume(key: string, at: number): Promise<'consumed' | 'already' | 'missing'>;
  remove(key: string): Promise<void>;
  removeGroup(group: string): Promise<void>;
  close(): Promise<void>;
}

export class StoreUnavailable extends Error {
  readonly code = 'StoreUnavailable';
  /** Seconds after which asking again makes sense. */
  readonly retryAfter: number;
  constructor(message: string, options: { cause?: unknown; retryAfter?: number } = {}) {
    super(message, { cause: options.cause });
    this.name = 'StoreUnavailable';
    this.retryAfter = options.retryAfter ?? 5;
  }
}
