import type { AdapterFactory, Configuration } from 'oidc-provider';
import { ENDPOINTS } from '#crds/schema/endpoints.ts';
import type { Tenant } from '#idp/tenants/tenant.ts';
import { CLAIMS, createFindAccount } from './accounts.ts';
import { cookies } from './cookies.ts';
import { createRenderError } from './error-page.ts';
import { createLoadGrant } from './grants.ts';
import { lifetimes } from './lifetimes.ts';
import { showLogout, showSignedOut } from './logout-pages.ts';
import { machineTokens } from './machines.ts';
import type { TenantScope } from './needs.ts';
import { createPolicy } from './policy.ts';
import { keySet, signingAlgorithms } from './signing-keys.ts';
import { rememberWayBack } from './way-back.ts';

/** The configuration of one tenant's Provider: code flow with PKCE, and nothing that nobody has asked for yet. */
export function configure(tenant: Tenant, scope: TenantScope, adapter: AdapterFactory): Configuration {
  return {
    adapter,
    jwks: keySet(tenant.keys),
    enabledJWA: { idTokenSigningAlgValues: signingAlgorithms(tenant.keys) },
    cookies: cookies(tenant.keys),
    ttl: lifetimes(scope),
    claims: CLAIMS,
    scopes: ['openid', 'offline_access'],
    // `none` is for the clients inside the house only (applications.ts); none other may ask for it.
    responseTypes: ['code', 'none'],
    subjectTypes: ['public'],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
    pkce: { required: () => true },
    allowOmittingSingleRegisteredRedirectUri: false,
    // Many applications read the ID token only (OpenID Connect Core section 5.4 allows the claims there).
    conformIdTokenClaims: false,
    findAccount: createFindAccount(scope),
    loadExistingGrant: createLoadGrant(scope),
    // A refresh token for every client that may refresh; without offline_access it ends with the session.
    issueRefreshToken: (_ctx, client, code) => Promise.resolve(mayRefresh(client, code)),
    rotateRefreshToken: true,
    expiresWithSession: (_ctx, code) => !code.scopes.has('offline_access'),
    clientBasedCORS: (_ctx, origin, client) => mayCall(origin, client),
    renderError: createRenderError(scope),
    interactions: {
      policy: createPolicy(scope),
      url: async (_ctx, interaction) => {
        await rememberWayBack(scope, interaction);
        return `/interaction/${interaction.uid}`;
      },
    },
    routes: {
      authorization: ENDPOINTS.authorization,
      token: ENDPOINTS.token,
      userinfo: ENDPOINTS.userinfo,
      jwks: ENDPOINTS.jwks,
      end_session: ENDPOINTS.endSession,
    },
    features: features(scope),
  };
}

function features(scope: TenantScope): NonNullable<Configuration['features']> {
  return {
    devInteractions: { enabled: false },
    dPoP: { enabled: false },
    // Held to the exact version of the library: what it calls experimental may change with the next one.
    externalSigningSupport: { enabled: true, ack: 'experimental-01' },
    pushedAuthorizationRequests: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: { enabled: true, ...machineTokens(scope) },
    revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: ctx => showLogout(scope, ctx),
      postLogoutSuccessSource: ctx => showSignedOut(scope, ctx),
    },
  };
}

interface Refreshing {
  grantTypeAllowed(type: string): boolean;
}

function mayRefresh(client: Refreshing, code: { scopes: Set<string> }): boolean {
  return client.grantTypeAllowed('refresh_token') && code.scopes.has('openid');
}

/** A page in the browser may call where its own redirect URI lives; servers send no Origin. */
function mayCall(origin: string, client: { redirectUris?: readonly string[] | undefined }): boolean {
  return client.redirectUris?.some(uri => new URL(uri).origin === origin) ?? false;
}
