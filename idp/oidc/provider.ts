import { createHash } from 'node:crypto';
import { errors, Provider } from 'oidc-provider';
import type { Tenant } from '#idp/tenants/tenant.ts';
import { createAdapter } from './adapter.ts';
import { isSamlClientId } from './applications.ts';
import { SecretChecker } from './client-secret.ts';
import { configure } from './configuration.ts';
import { type Endings, tellAfterLogout } from './ending.ts';
import type { TenantScope } from './needs.ts';
import { withNotices } from './notices.ts';
import { SessionRecords } from './session-records.ts';

/**
 * Builds the Provider of one state of a tenant. What the library leaves to be overridden on its classes is overridden
 * here, each with its reason; the classes belong to this Provider alone.
 */
export function buildProvider(tenant: Tenant, scope: TenantScope): Provider {
  const sessions = new SessionRecords(scope);
  const configuration = configure(tenant, scope, createAdapter(scope, sessions));
  const provider = withNotices(scope.log, () => new Provider(tenant.document.issuer, configuration));
  provider.proxy = true;
  pinAddresses(provider);
  checkSecretsByHash(provider, scope);
  const endings: Endings = new WeakMap();
  endSessionsForGood(provider, sessions, endings);
  provider.use(tellAfterLogout(scope, endings));
  detectReplaysAtOnce(provider, scope);
  return provider;
}

/** The library builds addresses from the request; ours begin with the issuer, whatever a header says. */
function pinAddresses(provider: Provider): void {
  provider.OIDCContext.prototype.urlFor = (name, options) => provider.urlFor(name, options);
}

function checkSecretsByHash(provider: Provider, scope: TenantScope): void {
  const checker = new SecretChecker(scope.hashing);
  provider.Client.prototype.compareClientSecret = async function compare(this: { clientId: string }, actual) {
    // The clients inside the house have none, whoever bears such a name.
    const client = isSamlClientId(this.clientId) ? undefined : scope.current()?.clients.get(this.clientId);
    return checker.isRight(client?.credentials ?? null, actual);
  };
}

/**
 * destroy: a tombstone, so that no request that is still running brings the session back.
 * save: a request that meets the tombstone is told once; the library would try a second time, outside of its own error
 * handling.
 * resetIdentifier: only when somebody signed in. That is what it protects from (session fixation); at every consent it
 * would leave requests beside it with a cookie that is gone.
 */
function endSessionsForGood(provider: Provider, sessions: SessionRecords, endings: Endings): void {
  const { prototype } = provider.Session;
  // oxlint-disable-next-line typescript/unbound-method -- all are called with their `this` below
  const { destroy, save, resetIdentifier } = prototype;
  prototype.destroy = async function bury() {
    const last = await sessions.seal(this.uid);
    if (Provider.ctx !== undefined && last !== undefined) endings.set(Provider.ctx, last);
    await sessions.remove(this.uid);
    await destroy.call(this);
  };
  prototype.save = async function saveOnce(ttl) {
    try {
      return await save.call(this, ttl);
    } catch (cause) {
      if (cause instanceof errors.LoginRequired) Object.assign(this, { destroyed: true });
      throw cause;
    }
  };
  prototype.resetIdentifier = function reset() {
    const before = sessions.base(this.uid);
    if (before?.accountId === this.accountId && before?.loginTs === this.loginTs) return;
    resetIdentifier.call(this);
  };
}

/** The library looks and then saves: two replicas would both find nothing. */
function detectReplaysAtOnce(provider: Provider, scope: TenantScope): void {
  provider.ReplayDetection.unique = async (issuer, id, expiresAt) => {
    const digest = createHash('sha256').update(`${issuer}\n${id}`).digest('base64url');
    const ttl = Math.max(1, expiresAt - Math.floor(scope.now() / 1000));
    const key = `${scope.uid}/ReplayDetection/${digest}`;
    return (await scope.store.write(key, {}, { ttl, ifVersion: 0 })) === 'written';
  };
}
