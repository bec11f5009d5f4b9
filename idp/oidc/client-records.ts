import { randomBytes } from 'node:crypto';
import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { ClientDocument } from '#crds/schema/live-config.ts';
import type { TenantScope } from './needs.ts';

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
    const client = this.scope.current()?.clients.get(clientId);
    return Promise.resolve(client?.document.enabled ? toMetadata(client.document) : undefined);
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

/** `web` whatever the addresses are: redirect URIs are compared character by character, with no play in the port. */
function toMetadata(document: ClientDocument): AdapterPayload {
  return {
    client_id: document.clientId,
    client_name: document.displayName,
    application_type: 'web',
    redirect_uris: document.redirectUris,
    post_logout_redirect_uris: document.postLogoutRedirectUris,
    grant_types: document.grantTypes,
    response_types: ['code'],
    scope: document.scopes.join(' '),
    token_endpoint_auth_method: document.tokenEndpointAuthMethod,
    id_token_signed_response_alg: document.idTokenSignedResponseAlg,
    ...(document.tokenEndpointAuthMethod === 'none' ? {} : { client_secret: NOBODYS_SECRET }),
  };
}
