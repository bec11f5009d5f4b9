import { randomBytes } from 'node:crypto';
import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { ClientDocument, SamlClientDocument } from '#crds/schema/live-config.ts';
import type { Tenant } from '#idp/tenants/tenant.ts';
import { findSamlClient, isSamlClientId, samlClientId, samlRedirectUri } from './applications.ts';
import type { TenantScope } from './needs.ts';
import { signingAlgorithms } from './signing-keys.ts';

/**
 * Clients, answered from the registry each time the library asks: a changed client works on the next request. A client
 * that is disabled or gone does not exist.
 */

/** The library wants a secret where a client has one; ours are hashes, and comparing is overridden (client-secret.ts). */
const NOBODYS_SECRET = randomBytes(32).toString('base64url');

export class ClientRecords implements Adapter {
  private readonly scope: TenantScope;

  constructor(scope: TenantScope) {
    this.scope = scope;
  }

  find(clientId: string): Promise<AdapterPayload | undefined> {
    const tenant = this.scope.current();
    return Promise.resolve(tenant && metadataOf(tenant, clientId));
  }

  findByUid(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  findByUserCode(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async upsert(): Promise<void> {}

  async consume(): Promise<void> {}

  async destroy(): Promise<void> {}

  async revokeByGrantId(): Promise<void> {}
}

function metadataOf(tenant: Tenant, clientId: string): AdapterPayload | undefined {
  if (isSamlClientId(clientId)) {
    const client = findSamlClient(tenant, clientId);
    return client?.enabled ? toSamlMetadata(client, tenant) : undefined;
  }
  const client = tenant.clients.get(clientId);
  return client?.document.enabled ? toMetadata(client.document) : undefined;
}

/** `web` whatever the addresses are: redirect URIs are compared character by character, with no play in the port. */
function toMetadata(document: ClientDocument): AdapterPayload {
  return {
    client_id: document.clientId,
    client_name: document.displayName,
    application_type: 'web',
    redirect_uris: document.redirectUris,
    post_logout_redirect_uris: document.postLogoutRedirectUris,
    grant_types: document.grantTypes,
    // Without one the authorization endpoint refuses the client.
    response_types: document.type === 'Machine' ? [] : ['code'],
    ...(document.scopes.length === 0 ? {} : { scope: document.scopes.join(' ') }),
    token_endpoint_auth_method: document.tokenEndpointAuthMethod,
    id_token_signed_response_alg: document.idTokenSignedResponseAlg,
    ...(document.tokenEndpointAuthMethod === 'none' ? {} : { client_secret: NOBODYS_SECRET }),
  };
}

/** It has a secret that nobody knows, rather than none: a client without one could call the token endpoint. */
function toSamlMetadata(document: SamlClientDocument, tenant: Tenant): AdapterPayload {
  return {
    client_id: samlClientId(document),
    client_name: document.displayName,
    application_type: 'web',
    redirect_uris: [samlRedirectUri(tenant)],
    grant_types: [],
    response_types: ['none'],
    scope: 'openid',
    token_endpoint_auth_method: 'client_secret_basic',
    client_secret: NOBODYS_SECRET,
    // Never used; but the library's own default need not be among the tenant's keys.
    id_token_signed_response_alg: signingAlgorithms(tenant.keys)[0],
  };
}
