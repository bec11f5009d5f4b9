import type { ServerResponse } from 'node:http';
import type { HashQueue } from '#idp/limits/hash-queue.ts';
import type { Participant } from '#idp/logout/participants.ts';
import type { SourcesOf } from '#idp/sources/index.ts';
import type { DurableStore } from '#idp/storage/durable.ts';
import type { Store } from '#idp/storage/store.ts';
import type { Registry, Tenant } from '#idp/tenants/tenant.ts';
import type { OidcPages } from './pages.ts';

/** What the room needs from the others. */

export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/**
 * A logout that a person confirmed has ended the session, and these SAML applications are not told yet: takes the browser
 * past them and then to `returnTo`, an address that was checked. Ends the response. When it throws before anything was
 * sent, the browser goes to `returnTo` at once.
 */
export type TellSaml = (
  tenant: Tenant,
  participants: readonly Participant[],
  to: { returnTo: string; res: ServerResponse },
) => Promise<void>;

export interface OidcNeeds {
  registry: Registry;
  store: Store;
  /** For what must outlive sessions. Absent: nothing is kept. */
  durable?: DurableStore;
  sourcesOf: SourcesOf;
  pages: OidcPages;
  /** For client secrets that are stored as argon2id. */
  hashing: HashQueue;
  /** Absent: nothing here speaks SAML. */
  tellSaml?: TellSaml;
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
