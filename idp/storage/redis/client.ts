import { readFileSync } from 'node:fs';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { RedisAddress, StoreSettings } from '../address.ts';
import { SCRIPTS } from './scripts.ts';

/**
 * Makes the client for each topology, and is the only file that knows its options. Nothing is queued while there is no
 * connection, nothing is sent twice by the client itself, and it tries again for ever, with jitter.
 */

export type Client = Redis | Cluster;

export interface ClientNeeds {
  settings: StoreSettings & { address: RedisAddress };
  /** From 0 to 1. */
  random: () => number;
}

/** A file that was named and cannot be read: said at the start, where the mistake is made. */
class StoreFileUnreadable extends Error {
  readonly code = 'StoreFileUnreadable';
}

/** Milliseconds. */
const CONNECT = 1500;
const SILENCE = 2000;
const LONGEST_PAUSE = 500;

/** Throws StoreFileUnreadable. It does not wait for a connection: a store that is away at the start is away, no more. */
export function openClient(needs: ClientNeeds): Client {
  return OPENERS[needs.settings.address.topology](needs);
}

const OPENERS = {
  single: needs => {
    const [node] = needs.settings.address.nodes;
    return keepPasswordFresh(new Redis({ ...commonOptions(needs), ...node }), needs);
  },
  sentinel: needs => {
    const { address, sentinelPasswordFile, caFile } = needs.settings;
    const sentinelPassword = readSecret(sentinelPasswordFile);
    const client = new Redis({
      ...commonOptions(needs),
      sentinels: [...address.nodes],
      ...(address.master !== undefined && { name: address.master }),
      ...(sentinelPassword !== undefined && { sentinelPassword }),
      ...(address.tls && { enableTLSForSentinelMode: true, sentinelTLS: tlsOptions(caFile) }),
      sentinelRetryStrategy: pause(needs),
      sentinelReconnectStrategy: pause(needs),
      sentinelCommandTimeout: CONNECT,
      // Told of a failover at once, also by a master that is cut off and still believes in itself.
      failoverDetector: true,
    });
    return keepPasswordFresh(client, needs);
  },
  cluster: needs => {
    const { retryStrategy: clusterRetryStrategy, ...redisOptions } = commonOptions(needs);
    return new Cluster([...needs.settings.address.nodes], {
      redisOptions,
      scripts: SCRIPTS,
      clusterRetryStrategy,
      enableOfflineQueue: false,
      // The name stays, for the certificate and for whoever moves behind it.
      dnsLookup: (host, found) => found(null, host),
      slotsRefreshTimeout: CONNECT,
      slotsRefreshInterval: 30_000,
    });
  },
} satisfies Record<RedisAddress['topology'], (needs: ClientNeeds) => Client>;

function commonOptions(needs: ClientNeeds) {
  const { address, passwordFile, caFile } = needs.settings;
  const password = readSecret(passwordFile);
  return {
    connectionName: 'sso-idp',
    scripts: SCRIPTS,
    db: address.db,
    ...(address.user !== undefined && { username: address.user }),
    ...(password !== undefined && { password }),
    ...(address.tls && { tls: tlsOptions(caFile) }),
    protocol: 2,
    enableOfflineQueue: false,
    // In flight when the connection breaks: fails now (see Link).
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT,
    socketTimeout: SILENCE,
    retryStrategy: pause(needs),
    // A master that was demoted under us: the next connection finds the new one.
    reconnectOnError: error => error.message.startsWith('READONLY'),
  } satisfies RedisOptions;
}

/** Doubling to half a second, each by half to one and a half: replicas do not come back in step. */
function pause({ random }: ClientNeeds) {
  return (times: number): number =>
    Math.round(Math.min(25 * 2 ** Math.min(times, 10), LONGEST_PAUSE) * (0.5 + random()));
}

/** A password that was renewed in its file counts at the next connection. (A Cluster takes it at the next start.) */
function keepPasswordFresh(client: Redis, { settings }: ClientNeeds): Redis {
  client.on('reconnecting', () => {
    try {
      const password = readSecret(settings.passwordFile);
      if (password !== undefined) client.options.password = password;
    } catch {
      return;
    }
  });
  return client;
}

function tlsOptions(caFile: string | undefined): { ca?: string } {
  return caFile === undefined ? {} : { ca: readFile(caFile) };
}

function readSecret(file: string | undefined): string | undefined {
  return file === undefined ? undefined : readFile(file).replace(/\r?\n$/, '');
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new StoreFileUnreadable(`cannot read ${path}, a file of the store's settings`, { cause });
  }
}
