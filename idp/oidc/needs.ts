import type { HashQueue } from '#idp/limits/hash-queue.ts';
import type { SourcesOf } from '#idp/sources/index.ts';
import type { Store } from '#idp/storage/store.ts';
import type { Registry, Tenant } from '#idp/tenants/tenant.ts';
import type { OidcPages } from './pages.ts';

/** What the room needs from the others. */

export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface OidcNeeds {
  registry: Registry;
  store: Store;
  sourcesOf: SourcesOf;
  pages: OidcPages;
  /** For client secrets that are stored as argon2id. */
  hashing: HashQueue;
  log: Log;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** One tenant, as everything that belongs to its Provider sees it. */
export interface TenantScope extends OidcNeeds {
  uid: string;
  /** The newest state; undefined when the tenant is gone. Ask again each time: clients change under a Provider. */
  current(): Tenant | undefined;
}

export function scopeOf(uid: string, needs: OidcNeeds): TenantScope {
  return { ...needs, uid, current: () => needs.registry.current().byUid.get(uid) };
}
