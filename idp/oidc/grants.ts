import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { type HouseAccount, isAdmitted } from './accounts.ts';
import { findApplication } from './applications.ts';
import { recallConsent } from './consents.ts';
import type { TenantScope } from './needs.ts';

/**
 * Grants: what a person allowed an application, remembered with the session. A session has one grant for each client:
 * of eight tabs that ask at once the first makes it and the others join, since a token is only good while the session
 * names its grant.
 */

type Grant = InstanceType<Provider['Grant']>;

export interface GrantOwner {
  sessionUid: string;
  accountId: string;
  clientId: string;
}

/** The grant of this session for this client, made where there is none yet. */
export async function claimGrant(provider: Provider, scope: TenantScope, owner: GrantOwner): Promise<Grant> {
  const { sessionUid, accountId, clientId } = owner;
  const key = `${scope.uid}/GrantOf/${sessionUid}/${clientId}`;
  for (;;) {
    const claim = await scope.store.read(key);
    const present = await find(provider, claim?.value['grantId']);
    if (present?.accountId === accountId) return present;
    const fresh = new provider.Grant({ accountId, clientId });
    const grantId = await fresh.save();
    const ttl = scope.current()?.document.sessions.lifetimeSeconds ?? 86_400;
    const result = await scope.store.write(key, { grantId }, { ttl, ifVersion: claim?.version ?? 0 });
    if (result === 'written') return fresh;
    await fresh.destroy();
  }
}

/**
 * The library's `loadExistingGrant`. Without a page a person's grant holds what they allowed in this session, what they
 * allowed before (consents.ts), and for an application of the house (skipConsent) whatever it asks for.
 */
export function createLoadGrant(scope: TenantScope) {
  return async ({ oidc }: KoaContextWithOIDC): Promise<Grant | undefined> => {
    const { provider, client, session } = oidc;
    const account = oidc.account as HouseAccount | undefined;
    if (client === undefined || session === undefined || account === undefined) return undefined;
    const { clientId } = client;
    const present = await find(provider, oidc.result?.consent?.grantId ?? session.grantIdFor(clientId));
    if (!isAdmitted(scope, clientId, account.person)) return present;
    const owner = { sessionUid: session.uid, accountId: account.accountId, clientId };
    const missing = scopesMissing(present, oidc.requestParamOIDCScopes);
    const allowed = await allowedUnasked(scope, oidc, { ...owner, missing });
    return allowed === undefined ? present : widen(present ?? (await claimGrant(provider, scope, owner)), allowed);
  };
}

/** undefined: nothing without a page. With prompt=consent the person is asked about everything again. */
async function allowedUnasked(
  scope: TenantScope,
  oidc: KoaContextWithOIDC['oidc'],
  { missing, ...owner }: GrantOwner & { missing: string[] },
): Promise<string[] | undefined> {
  if (isOfTheHouse(scope, owner.clientId)) return missing;
  if (missing.length === 0 || oidc.promptPending('consent')) return undefined;
  const remembered = await recallConsent(scope, owner);
  const allowed = missing.filter(name => remembered.has(name));
  return allowed.length === 0 ? undefined : allowed;
}

function scopesMissing(grant: Grant | undefined, asked: Iterable<string>): string[] {
  const granted = new Set(grant?.getOIDCScope().split(' '));
  return [...asked].filter(name => !granted.has(name));
}

function isOfTheHouse(scope: TenantScope, clientId: string): boolean {
  return findApplication(scope.current(), clientId)?.skipConsent ?? false;
}

async function find(provider: Provider, grantId: unknown): Promise<Grant | undefined> {
  return typeof grantId === 'string' ? provider.Grant.find(grantId) : undefined;
}

/** Adds scopes that are not granted yet. */
export async function widen(grant: Grant, scopes: Iterable<string>): Promise<Grant> {
  const missing = scopesMissing(grant, scopes);
  if (missing.length === 0) return grant;
  grant.addOIDCScope(missing.join(' '));
  await grant.save();
  return grant;
}
