import type { StoreAddress, StoreSettings } from './address.ts';
import { type DurableStore, type DurableWatcher, durableOn, NOTHING_DURABLE } from './durable.ts';
import { openMemoryStore } from './memory.ts';
import type { LinkWatcher } from './redis/link.ts';
import { openSqliteStore } from './sqlite.ts';
import type { Store } from './store.ts';

/**
 * Owns which stores the settings name: a volatile one for sessions, codes, grants and limits, and a durable one for what
 * must outlive them. Knows no tenant and no protocol. The client of Valkey is loaded only where it is used.
 */

export interface Stores {
  volatile: Store;
  durable: DurableStore;
  close(): Promise<void>;
}

export interface StoresNeeds {
  /** Milliseconds since the epoch. */
  now: () => number;
  /** From 0 to 1. */
  random: () => number;
  volatileWatcher: LinkWatcher;
  durableWatcher: LinkWatcher & DurableWatcher;
}

interface Opened {
  store: Store;
  durable: DurableStore;
  stop?: () => void;
}

/** Throws StoreUnavailable for a file that cannot be opened; servers that are away are no error. */
export async function openStores(
  settings: { volatile: StoreSettings; durable: StoreSettings | undefined },
  needs: StoresNeeds,
): Promise<Stores> {
  const volatile = await openVolatile(settings.volatile, needs);
  const durable = settings.durable && (await openDurable(settings.durable, needs));
  return {
    volatile,
    durable: durable?.durable ?? NOTHING_DURABLE,
    async close() {
      durable?.stop?.();
      await Promise.all([volatile.close(), durable?.store.close()]);
    },
  };
}

type Openers<T> = {
  [K in StoreAddress['kind']]: (
    settings: StoreSettings & { address: Extract<StoreAddress, { kind: K }> },
    needs: StoresNeeds,
  ) => Promise<T>;
};

const VOLATILE: Openers<Store> = {
  memory: (_settings, { now }) => Promise.resolve(openMemoryStore({ now })),
  sqlite: async ({ address: { path } }, { now }) => openSqliteStore({ path, now }),
  redis: async (settings, { volatileWatcher: watcher, random }) =>
    (await loadRedis())({ settings, prefix: 'sso', watcher, random }),
};

const DURABLE: Openers<Opened> = {
  memory: () => Promise.reject(new NotDurable('SSO_DURABLE_STORE: memory forgets; name a file or servers that keep')),
  sqlite: async ({ address: { path } }, { now }) => {
    const store = openSqliteStore({ path, now, isDurable: true });
    return { store, durable: { current: () => store } };
  },
  redis: async (settings, { durableWatcher: watcher, random }) => {
    const store = (await loadRedis())({ settings, prefix: 'sso-durable', watcher, random });
    const durable = durableOn(store, watcher);
    return { store, durable, stop: () => durable.stop() };
  },
};

class NotDurable extends Error {
  readonly code = 'NotDurable';
}

function openVolatile(settings: StoreSettings, needs: StoresNeeds): Promise<Store> {
  return openerFor(VOLATILE, settings)(settings, needs);
}

function openDurable(settings: StoreSettings, needs: StoresNeeds): Promise<Opened> {
  return openerFor(DURABLE, settings)(settings, needs);
}

/** The table pairs each opener with its own kind of address, which the compiler cannot follow through the index. */
function openerFor<T>(openers: Openers<T>, { address }: StoreSettings) {
  return openers[address.kind] as (settings: StoreSettings, needs: StoresNeeds) => Promise<T>;
}

async function loadRedis() {
  return (await import('./redis/index.ts')).openRedisStore;
}
