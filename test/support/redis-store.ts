import { parseStoreAddress, type StoreSettings } from '#idp/storage/address.ts';
import { openRedisStore, type RedisStore } from '#idp/storage/redis/index.ts';
import type { LinkWatcher } from '#idp/storage/redis/link.ts';
import type { Valkey } from './valkey.ts';

/** The shared store as a test opens it, and what a test does to its servers. */

export function redisSettings(address: string, more: Partial<StoreSettings> = {}) {
  const parsed = parseStoreAddress(address);
  if (parsed.kind !== 'redis') throw new Error('not a shared store');
  return {
    passwordFile: undefined,
    sentinelPasswordFile: undefined,
    caFile: undefined,
    waitReplicas: 0,
    ...more,
    address: parsed,
  };
}

export function openSharedStore(
  address: string,
  more: Partial<StoreSettings> & { watcher?: LinkWatcher } = {},
): RedisStore & AsyncDisposable {
  const { watcher = { changed() {}, failed() {} }, ...settings } = more;
  const options = { settings: redisSettings(address, settings), prefix: 'sso', watcher, random: Math.random };
  const store = openRedisStore(options);
  return Object.assign(store, { [Symbol.asyncDispose]: () => store.close() });
}

/** Lets time pass by shortening what every key has left. */
export async function passOn(servers: readonly Valkey[], seconds: number): Promise<void> {
  await Promise.all(servers.map(server => passOnServer(server, seconds * 1000)));
}

async function passOnServer(server: Valkey, milliseconds: number): Promise<void> {
  for (const key of await server.ask<string[]>('KEYS', '*')) {
    const left = await server.ask<number>('PTTL', key);
    await server.ask('PEXPIRE', key, left - milliseconds);
  }
}

export async function empty(servers: readonly Valkey[]): Promise<void> {
  await Promise.all(servers.map(server => server.ask('FLUSHALL')));
}
