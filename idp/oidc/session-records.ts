import { randomBytes } from 'node:crypto';
import { type Adapter, type AdapterPayload, errors, Provider } from 'oidc-provider';
import type { Json } from '#idp/storage/store.ts';
import type { TenantScope } from './needs.ts';
import { mergeSessions, type SessionPayload } from './session-merge.ts';

/**
 * Sessions in the store. One record a session, under its uid; beside it a pointer under each identifier that a cookie
 * may hold; after a logout a tombstone under the uid. The library writes the whole session at the end of every request
 * that has one: so a write compares versions and merges on a conflict, and meets the tombstone when the session was
 * ended meanwhile.
 *
 *   <tenant>/Session/<uid>        the session            <tenant>/SessionId/<id>    { uid }
 *   <tenant>/SessionGone/<uid>    ended: nobody writes this uid again
 */

/** What each request read, by uid; the base of its merges, and the version at which it lay there. */
type Seen = Map<string, { session: SessionPayload & { jti?: string }; version: number }>;

export class SessionRecords implements Adapter {
  private readonly scope: TenantScope;
  private readonly seen = new WeakMap<object, Seen>();

  constructor(scope: TenantScope) {
    this.scope = scope;
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const pointer = await this.scope.store.read(this.key('SessionId', id));
    const uid = pointer?.value['uid'];
    if (typeof uid !== 'string') return undefined;
    const found = await this.scope.store.read(this.key('Session', uid));
    if (found === undefined) return undefined;
    const session = { ...found.value, jti: id };
    this.remember(uid, session, found.version);
    return session;
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return (await this.read(uid)) as AdapterPayload | undefined;
  }

  /** The session as it lies there; nothing when it was ended. */
  async read(uid: string): Promise<SessionPayload | undefined> {
    return (await this.scope.store.read(this.key('Session', uid)))?.value;
  }

  async upsert(id: string, payload: object, ttl = 0): Promise<void> {
    const mine = structuredClone(payload) as SessionPayload;
    const uid = String(mine['uid']);
    const base = this.base(uid);
    const version = await this.writeMerged(uid, { base: base ?? {}, mine }, ttl);
    // A request that came with this identifier found its pointer; writing it again would bring a dropped one back.
    if (base?.jti !== id) await this.scope.store.write(this.key('SessionId', id), { uid }, { ttl });
    this.remember(uid, mine, version);
  }

  /** Drops an identifier. The session itself is ended by {@link seal} and {@link remove}. */
  async destroy(id: string): Promise<void> {
    await this.scope.store.remove(this.key('SessionId', id));
  }

  /**
   * From here on nobody writes the session any more, also not who read it before. What it was at the last. It can be
   * asked again until {@link remove}, so that whoever fails in between can be asked again, too.
   */
  async seal(uid: string): Promise<SessionPayload | undefined> {
    const { lifetimeSeconds } = this.scope.current()?.document.sessions ?? { lifetimeSeconds: 86_400 };
    await this.scope.store.write(this.key('SessionGone', uid), {}, { ttl: lifetimeSeconds });
    return this.read(uid);
  }

  async remove(uid: string): Promise<void> {
    await this.scope.store.remove(this.key('Session', uid));
  }

  /** The session with a sid for this client, made where there is none yet; undefined when it was ended. */
  async join(uid: string, clientId: string): Promise<SessionPayload | undefined> {
    for (;;) {
      const stored = await this.scope.store.read(this.key('Session', uid));
      if (stored === undefined || (await this.isSealed(uid))) return undefined;
      const session: SessionPayload = stored.value;
      if (session.authorizations?.[clientId]?.sid !== undefined) return session;
      // Whatever becomes of it, the next round reads what lies there then.
      await this.scope.store.write(this.key('Session', uid), withSid(session, clientId), {
        ttl: Math.max(1, Number(session['exp']) - Math.floor(this.scope.now() / 1000)),
        ifVersion: stored.version,
        unless: this.key('SessionGone', uid),
      });
    }
  }

  /** What this request read of a session, before it changed anything. */
  base(uid: string): (SessionPayload & { jti?: string }) | undefined {
    return this.sight(uid)?.session;
  }

  findByUserCode(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async consume(): Promise<void> {}

  async revokeByGrantId(): Promise<void> {}

  private sight(uid: string) {
    return Provider.ctx && this.seen.get(Provider.ctx)?.get(uid);
  }

  /**
   * The version that lies there now. Mostly nobody wrote meanwhile, so it is tried first with the version that this
   * request read: there is nothing to merge then, and nothing to read again.
   */
  private async writeMerged(
    uid: string,
    { base, mine }: { base: SessionPayload; mine: SessionPayload },
    ttl: number,
  ): Promise<number> {
    const { store } = this.scope;
    let merged: SessionPayload | undefined = mine;
    let version = this.sight(uid)?.version ?? 0;
    for (;;) {
      const result = await store.write(this.key('Session', uid), merged as Record<string, Json>, {
        ttl,
        ifVersion: version,
        unless: this.key('SessionGone', uid),
      });
      if (result === 'blocked') throw new errors.LoginRequired('the session was ended');
      if (result === 'written') return version + 1;
      const stored = await store.read(this.key('Session', uid));
      version = stored?.version ?? 0;
      merged = stored === undefined ? mine : mergeSessions({ base, mine, theirs: stored.value });
      if (merged === undefined) throw new errors.LoginRequired('somebody else signed in here at the same moment');
    }
  }

  private async isSealed(uid: string): Promise<boolean> {
    return (await this.scope.store.read(this.key('SessionGone', uid))) !== undefined;
  }

  private remember(uid: string, session: SessionPayload & { jti?: string }, version: number): void {
    const request = Provider.ctx;
    if (request === undefined) return;
    const seen: Seen = this.seen.get(request) ?? new Map();
    this.seen.set(request, seen.set(uid, { session: structuredClone(session), version }));
  }

  private key(kind: string, id: string): string {
    return `${this.scope.uid}/${kind}/${id}`;
  }
}

function withSid(session: SessionPayload, clientId: string): Record<string, Json> {
  const mine = { ...session.authorizations?.[clientId], sid: randomBytes(16).toString('base64url') };
  const authorizations = { ...session.authorizations, [clientId]: mine };
  return { ...session, authorizations } as Record<string, Json>;
}
