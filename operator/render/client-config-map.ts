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
    accessGroups: renderAccess(spec),
    skipConsent: spec.skipConsent ?? false,
    lifetimes: renderLifetimes(spec.lifetimes),
    ...(spec.resources === undefined ? {} : { jwtAudiences: spec.resources }),
    credentials: facts.credentials,
  };
}

type Spec = OidcClient['spec'];

/** What a client speaks where it does not say. */
const DEFAULTS: Record<Spec['type'], Pick<Protocol, 'grantTypes' | 'scopes' | 'tokenEndpointAuthMethod'>> = {
  Confidential: {
    grantTypes: ['authorization_code'],
    scopes: ['openid', 'profile', 'email'],
    tokenEndpointAuthMethod: 'client_secret_basic',
  },
  // It has no secret to show.
  Public: {
    grantTypes: ['authorization_code'],
    scopes: ['openid', 'profile', 'email'],
    tokenEndpointAuthMethod: 'none',
  },
  Machine: { grantTypes: ['client_credentials'], scopes: [], tokenEndpointAuthMethod: 'client_secret_basic' },
};

/** Nobody signs in to a Machine, whatever else should fail. */
function renderAccess({ type, access }: Spec): ClientDocument['accessGroups'] {
  return type === 'Machine' ? [] : (access?.groups ?? null);
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

function renderProtocol(spec: Spec): Protocol {
  const defaults = DEFAULTS[spec.type];
  return {
    redirectUris: spec.redirectUris ?? [],
    postLogoutRedirectUris: spec.postLogoutRedirectUris ?? [],
    grantTypes: spec.grantTypes ?? defaults.grantTypes,
    scopes: spec.scopes ?? defaults.scopes,
    tokenEndpointAuthMethod: spec.tokenEndpointAuthMethod ?? defaults.tokenEndpointAuthMethod,
    idTokenSignedResponseAlg: spec.idTokenSignedResponseAlg ?? 'ES256',
  };
}

function renderLifetimes(lifetimes: Spec['lifetimes']): ClientDocument['lifetimes'] {
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
