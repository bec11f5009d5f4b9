import type { Store } from '#idp/storage/store.ts';

/** Remembers what was seen. One method, so that a test can be its own memory. */
export interface ReplayCache {
  /** true for exactly one caller, however many replicas ask at once. `ttl` in seconds. Throws StoreUnavailable. */
  isFirst(key: string, ttl: number): Promise<boolean>;
}

export function storedReplayCache(store: Store): ReplayCache {
  return {
    isFirst: async (key, ttl) => (await store.write(key, {}, { ttl, ifVersion: 0 })) === 'written',
  };
}
