import type { RedisAddress, StoreSettings } from '../address.ts';
import type { Json, Store, StoredRecord, WriteOptions, WriteResult } from '../store.ts';
import { type Client, openClient } from './client.ts';
import { placesUnder } from './keys.ts';
import { Link, type LinkWatcher } from './link.ts';

/**
 * A store on Valkey or Redis, shared by all replicas: one server, a Sentinel set or a Cluster. Every promise of Store is
 * one command or one script. Owns the layout of keys and the line to the servers; knows neither protocol nor tenants.
 */

export interface RedisStoreOptions {
  settings: StoreSettings & { address: RedisAddress };
  /** What every key begins with. */
  prefix: string;
  watcher: LinkWatcher;
  /** From 0 to 1. */
  random: () => number;
}

export interface RedisStore extends Store {
  /** Every server that takes writes: what `INFO` says there. Throws StoreUnavailable. */
  facts(): Promise<string[]>;
  /** Calls back whenever other servers may answer than before. */
  onServers(tell: () => void): void;
}

/** What scripts.ts defines; the client makes a method of each script. */
interface Scripted {
  ssoWrite(...values: [...keys: [string, string, string, string], string, number, number | '']): Promise<WriteResult>;
  ssoReadByAlias(alias: string): Promise<Row | null>;
  ssoConsume(key: string, at: number): Promise<'consumed' | 'already' | 'missing'>;
  ssoRemove(key: string): Promise<number>;
  ssoRemoveGroup(group: string): Promise<number>;
}

/** value, version, consumed */
type Row = (string | null)[];

export function openRedisStore(options: RedisStoreOptions): RedisStore {
  const client = openClient(options);
  const link = new Link(client, options.watcher);
  const place = placesUnder(options.prefix);
  const { waitReplicas } = options.settings;
  return {
    read: key => link.ask(async client => toRecord(await client.hmget(place('record', key), ...ROW))),
    readByAlias: alias =>
      link.ask(async client => toRecord(await scripted(client).ssoReadByAlias(place('alias', alias)))),
    write(key, value, how) {
      const record = place('record', key);
      const keys = [record, ...othersOf(how, place, record)] as const;
      const values = [JSON.stringify(value), Math.round(how.ttl * 1000), how.ifVersion ?? ''] as const;
      return link.ask(client => scripted(client).ssoWrite(...keys, ...values));
    },
    consume: (key, at) => link.ask(client => consume(client, { key: place('record', key), at, waitReplicas })),
    remove: key => link.ask(async client => void (await scripted(client).ssoRemove(place('record', key)))),
    removeGroup: group => link.ask(async client => void (await scripted(client).ssoRemoveGroup(place('group', group)))),
    facts: () => link.ask(client => Promise.all(writersOf(client).map(server => server.info()))),
    onServers: tell => void client.on('ready', tell).on('+node', tell),
    close: () => Promise.resolve(link.close()),
  };
}

const ROW = ['value', 'version', 'consumed'] as const;

function scripted(client: Client): Scripted {
  return client as unknown as Scripted;
}

/** Tombstone, alias and group; the record's own key where there is none (scripts.ts). */
function othersOf(
  { unless, alias, group }: WriteOptions,
  place: ReturnType<typeof placesUnder>,
  record: string,
): [string, string, string] {
  return [
    unless === undefined ? record : place('record', unless),
    alias === undefined ? record : place('alias', alias),
    group === undefined ? record : place('group', group),
  ];
}

interface Consuming {
  key: string;
  at: number;
  waitReplicas: number;
}

/** Milliseconds. */
const REPLICAS_ANSWER = 1000;

class TooFewReplicas extends Error {
  readonly code = 'TooFewReplicas';
}

/**
 * With `waitReplicas`: WAIT behind the script, on the same connection. Whoever is told `consumed` knows that so many
 * replicas have it, so that a failover to one of them cannot bring the record back unused.
 */
async function consume(client: Client, { key, at, waitReplicas }: Consuming) {
  if (waitReplicas === 0) return scripted(client).ssoConsume(key, at);
  const pipeline = client.pipeline();
  void scripted(pipeline as unknown as Client).ssoConsume(key, at);
  const answers = (await pipeline.wait(waitReplicas, REPLICAS_ANSWER).exec()) ?? [];
  for (const [error] of answers) if (error !== null) throw error;
  const [[, verdict] = [], [, replicas] = []] = answers;
  if (Number(replicas) < waitReplicas) throw new TooFewReplicas();
  return verdict as 'consumed' | 'already' | 'missing';
}

function writersOf(client: Client) {
  return 'nodes' in client ? client.nodes('master') : [client];
}

function toRecord(row: Row | null): StoredRecord | undefined {
  const [value, version, consumed] = row ?? [];
  if (value === undefined || value === null) return undefined;
  const used = consumed === undefined || consumed === null ? {} : { consumedAt: Number(consumed) };
  return { value: JSON.parse(value) as Record<string, Json>, version: Number(version), ...used };
}
