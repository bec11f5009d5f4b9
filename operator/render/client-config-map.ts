import { seconds } from '#crds/schema/fragments.ts';
import type { ConfigMap, OidcClient } from '#crds/schema/kinds.ts';
import {
  type ClientDocument,
  clientDocument,
  DOCUMENT_KEY,
  FORMAT,
  type SecretPointer,
} from '#crds/schema/live-config.ts';
import { type ChildOf, childMetadata, uidOf } from './child.ts';
import { clientChild } from './names.ts';

/** The live configuration of a client. Defaults of the API live here, since there are none in the schema. */

export interface ClientFacts {
  tenantUid: string;
  clientId: string;
  /** null for a client without a secret. */
  credentials: SecretPointer | null;
}

const LIFETIMES = { accessToken: '1h', refreshToken: '720h' };

export function renderClientDocument(client: OidcClient, facts: ClientFacts): ClientDocument {
  const { spec, metadata } = client;
  return {
    format: FORMAT,
    document: 'client',
    protocol: 'oidc',
    uid: uidOf(client),
    tenantUid: facts.tenantUid,
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    generation: metadata.generation ?? 0,
    enabled: true,
    clientId: facts.clientId,
    displayName: spec.displayName ?? metadata.name,
    type: spec.type,
    ...renderProtocol(spec),
    accessGroups: spec.access.groups ?? null,
    skipConsent: spec.skipConsent ?? false,
    lifetimes: renderLifetimes(spec.lifetimes),
    credentials: facts.credentials,
  };
}

type Protocol = Pick<
  ClientDocument,
  | 'redirectUris'
  | 'postLogoutRedirectUris'
  | 'grantTypes'
  | 'scopes'
  | 'tokenEndpointAuthMethod'
  | 'idTokenSignedResponseAlg'
>;

function renderProtocol(spec: OidcClient['spec']): Protocol {
  return {
    redirectUris: spec.redirectUris,
    postLogoutRedirectUris: spec.postLogoutRedirectUris ?? [],
    grantTypes: spec.grantTypes ?? ['authorization_code'],
    scopes: spec.scopes ?? ['openid', 'profile', 'email'],
    // A Public client has no secret to show.
    tokenEndpointAuthMethod: spec.tokenEndpointAuthMethod ?? (spec.type === 'Public' ? 'none' : 'client_secret_basic'),
    idTokenSignedResponseAlg: spec.idTokenSignedResponseAlg ?? 'ES256',
  };
}

function renderLifetimes(lifetimes: OidcClient['spec']['lifetimes']): ClientDocument['lifetimes'] {
  return {
    accessTokenSeconds: seconds(lifetimes?.accessToken ?? LIFETIMES.accessToken),
    refreshTokenSeconds: seconds(lifetimes?.refreshToken ?? LIFETIMES.refreshToken),
  };
}

export function renderClientConfigMap(child: ChildOf, document: ClientDocument): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: childMetadata(clientChild.configMap(document.uid), child),
    data: { [DOCUMENT_KEY]: JSON.stringify(clientDocument.parse(document), null, 2) },
  };
}
