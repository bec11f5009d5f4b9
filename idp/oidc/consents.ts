import { createHash } from 'node:crypto';
import { type Store, StoreUnavailable } from '#idp/storage/store.ts';
import type { TenantScope } from './needs.ts';

/**
 * What a person allowed an application, remembered longer than a session, where durable data is kept. By the UID of the
 * client: one that is made again under the same name must ask anew. Without such a store, or while it is away, the
 * person is asked again, and nothing fails because of it.
 *
 *   <tenant>/Consent/<client uid>/<hash of the account>    { scopes }
 */

export interface ConsentOwner {
  accountId: string;
  clientId: string;
}

/** Seconds, from the last time that somebody allowed something: a year. */
const MEMORY = 365 * 86_400;

/** The scopes that were allowed; empty when nothing is remembered. */
export async function recallConsent(scope: TenantScope, owner: ConsentOwner): Promise<ReadonlySet<string>> {
  const remembered = await attempt(scope, owner, async (store, key) => scopesOf(await store.read(key)));
  return new Set(remembered);
}

/** Adds to what was allowed before. */
export async function rememberConsent(
  scope: TenantScope,
  owner: ConsentOwner,
  scopes: readonly string[],
): Promise<void> {
  await attempt(scope, owner, async (store, key) => {
    for (;;) {
      const before = await store.read(key);
      const value = { scopes: [...new Set([...scopesOf(before), ...scopes])].sort() };
      const result = await store.write(key, value, { ttl: MEMORY, ifVersion: before?.version ?? 0 });
      if (result === 'written') return;
    }
  });
}

async function attempt<T>(
  scope: TenantScope,
  { accountId, clientId }: ConsentOwner,
  work: (store: Store, key: string) => Promise<T>,
): Promise<T | undefined> {
  const store = scope.durable?.current();
  const client = scope.current()?.clients.get(clientId)?.document.uid;
  if (store === undefined || client === undefined) return undefined;
  const account = createHash('sha256').update(accountId).digest('base64url');
  try {
    return await work(store, `${scope.uid}/Consent/${client}/${account}`);
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    scope.log.warn({ tenant: scope.uid, err: error }, 'a consent is not remembered: the durable store does not answer');
    return undefined;
  }
}

function scopesOf(record: { value: Record<string, unknown> } | undefined): string[] {
  const scopes = record?.value['scopes'];
  return Array.isArray(scopes) ? scopes.map(String) : [];
}
