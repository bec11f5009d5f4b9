import { createHash } from 'node:crypto';
import type { Json, Store } from '#idp/storage/store.ts';
import type { Tenant } from '#idp/tenants/tenant.ts';
import type { NameId } from './outbound/name-id.ts';

/**
 * What we told an application about a session: under which name, with which index. A logout has to say the same again.
 * The session itself lives elsewhere; this is forgotten with it.
 */

export interface AppSession {
  entityId: string;
  sessionIndex: string;
  nameId: NameId;
}

export class AppSessions {
  private readonly store: Store;
  private readonly uid: string;
  constructor(store: Store, tenant: Tenant) {
    this.store = store;
    this.uid = tenant.document.uid;
  }

  /** `ttl` in seconds. */
  async remember(session: AppSession, ttl: number): Promise<void> {
    const alias = this.nameKey(session.entityId, session.nameId.value);
    await this.store.write(
      this.keyOf(session),
      { session: session as unknown as Json },
      { ttl: Math.max(1, ttl), alias },
    );
  }

  async find(session: { entityId: string; sessionIndex: string }): Promise<AppSession | undefined> {
    return read(await this.store.read(this.keyOf(session)));
  }

  /** The newest of that person, for a logout that names no session. */
  async findByName(entityId: string, nameId: string): Promise<AppSession | undefined> {
    return read(await this.store.readByAlias(this.nameKey(entityId, nameId)));
  }

  async forget(session: { entityId: string; sessionIndex: string }): Promise<void> {
    await this.store.remove(this.keyOf(session));
  }

  private keyOf({ entityId, sessionIndex }: { entityId: string; sessionIndex: string }): string {
    return `${this.uid}/SamlAppSession/${digest([entityId, sessionIndex])}`;
  }

  private nameKey(entityId: string, nameId: string): string {
    return `${this.uid}/SamlAppSession.name/${digest([entityId, nameId])}`;
  }
}

/** Written by `remember` and by nobody else. */
function read(record: { value: Record<string, Json> } | undefined): AppSession | undefined {
  return record?.value['session'] as unknown as AppSession | undefined;
}

function digest(parts: string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}
