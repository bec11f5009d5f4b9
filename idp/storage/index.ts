import { openMemoryStore } from './memory.ts';
import { openSqliteStore } from './sqlite.ts';
import type { Store } from './store.ts';

/**
 * Owns which store a setting names: `memory:` or `sqlite:/path/to/file`. Volatile data only: sessions, codes, grants,
 * limits. Knows no tenant and no protocol.
 */

type Opener = (location: string, now: () => number) => Store;

const STORES: Record<string, Opener> = {
  memory: (_location, now) => openMemoryStore({ now }),
  sqlite: (path, now) => openSqliteStore({ path, now }),
};

class UnknownStore extends Error {
  readonly code = 'UnknownStore';
}

/** `now` in milliseconds. Throws UnknownStore for an address that no store has, StoreUnavailable for one that fails. */
export function openStore(address: string, now: () => number): Store {
  const [scheme = '', ...rest] = address.split(':');
  const open = Object.hasOwn(STORES, scheme) ? STORES[scheme] : undefined;
  if (open === undefined) throw new UnknownStore(`the store is one of ${Object.keys(STORES).join(':, ')}:`);
  return open(rest.join(':'), now);
}
