import { generateKeyPairSync } from 'node:crypto';
import { LABELS } from '#crds/schema/group.ts';
import type { ConfigMap, Secret } from '#crds/schema/kinds.ts';
import {
  type ClientDocument,
  DOCUMENT_KEY,
  FORMAT,
  hashSecretData,
  type SamlClientDocument,
  type SecretPointer,
  type TenantDocument,
} from '#crds/schema/live-config.ts';
import type { TestCertificate } from '#test/support/certificate.ts';

/** Live configuration as the operator writes it, made small. */

const SIGNING = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
const NAMESPACE = 'sso-idp';

export const KEYS = {
  format: FORMAT,
  signing: [{ state: 'Current', jwk: { ...SIGNING, kid: 'k1', alg: 'ES256' } }],
  cookies: [Buffer.alloc(32, 7).toString('base64url')],
};

export const USERS = 'users: []\n';

export interface Pair {
  configMap: ConfigMap;
  secrets: Secret[];
}

export interface TenantWish extends Partial<TenantDocument> {
  certificatePem?: TestCertificate;
  usersYaml?: string;
  /** Each is called by its name and holds the same people. Default: one, staff. */
  sourceNames?: string[];
  keysJson?: unknown;
}

let version = 100;

/** The next resourceVersion of a made-up API server. */
export function nextVersion(): string {
  version += 1;
  return String(version);
}

export function makeSecret(name: string, ownerUid: string, values: Record<string, string>): Secret {
  const data = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  );
  const labels = { [LABELS.document]: 'tenant', [LABELS.ownerUid]: ownerUid };
  const metadata = { name, namespace: NAMESPACE, resourceVersion: nextVersion(), labels };
  return { apiVersion: 'v1', kind: 'Secret', metadata, data };
}

export function pointerTo(secret: Secret): SecretPointer {
  return { name: secret.metadata.name, hash: hashSecretData(secret.data ?? {}) };
}

export function makeConfigMap(name: string, document: TenantDocument | ClientDocument | SamlClientDocument): ConfigMap {
  const labels = { [LABELS.document]: document.document, [LABELS.ownerUid]: document.uid };
  const metadata = { name, namespace: NAMESPACE, resourceVersion: nextVersion(), labels };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { [DOCUMENT_KEY]: JSON.stringify(document) } };
}

export function makeTenant(name: string, wish: TenantWish = {}): Pair {
  const { certificatePem, usersYaml = USERS, keysJson = KEYS, sourceNames = ['staff'], ...fields } = wish;
  const uid = fields.uid ?? `uid-${name}`;
  const keys = makeSecret(`sso-t-${uid}-keys`, uid, { 'keys.json': JSON.stringify(keysJson) });
  const users = makeSecret(`sso-t-${uid}-source-staff`, uid, { 'users.yaml': usersYaml });
  const tls =
    certificatePem &&
    makeSecret(`sso-t-${uid}-tls`, uid, { 'tls.crt': certificatePem.cert, 'tls.key': certificatePem.key });
  const domain = `${name}.localhost`;
  const document: TenantDocument = {
    format: FORMAT,
    document: 'tenant',
    uid,
    namespace: `team-${name}`,
    name,
    generation: 1,
    displayName: name,
    domain,
    issuer: `https://${domain}`,
    paused: false,
    keys: pointerTo(keys),
    certificate: tls ? pointerTo(tls) : null,
    sources: sourceNames.map(source => ({
      type: 'users' as const,
      name: source,
      displayName: source,
      secret: pointerTo(users),
    })),
    sessions: { lifetimeSeconds: 43_200 },
    ...fields,
  };
  return { configMap: makeConfigMap(`sso-t-${uid}`, document), secrets: [keys, users, ...(tls ? [tls] : [])] };
}

export function makeClient(tenantUid: string, name: string, fields: Partial<ClientDocument> = {}): Pair {
  const uid = fields.uid ?? `uid-${name}`;
  const secret = makeSecret(`sso-c-${uid}-credentials`, uid, {
    'credentials.json': JSON.stringify({ format: FORMAT, secrets: [{ algorithm: 'sha256', hash: 'aGFzaA' }] }),
  });
  const document: ClientDocument = {
    format: FORMAT,
    document: 'client',
    protocol: 'oidc',
    uid,
    tenantUid,
    namespace: 'apps',
    name,
    generation: 1,
    enabled: true,
    clientId: `apps.${name}`,
    displayName: name,
    type: 'Confidential',
    redirectUris: [`https://${name}.example/cb`],
    postLogoutRedirectUris: [],
    grantTypes: ['authorization_code'],
    scopes: ['openid'],
    tokenEndpointAuthMethod: 'client_secret_basic',
    idTokenSignedResponseAlg: 'ES256',
    accessGroups: null,
    skipConsent: false,
    lifetimes: { accessTokenSeconds: 3600, refreshTokenSeconds: 86_400 },
    credentials: pointerTo(secret),
    ...fields,
  };
  return { configMap: makeConfigMap(`sso-c-${uid}`, document), secrets: [secret] };
}

/** It names no Secret. */
export function makeSamlClient(tenantUid: string, name: string, fields: Partial<SamlClientDocument> = {}): Pair {
  const uid = fields.uid ?? `uid-${name}`;
  const document: SamlClientDocument = {
    format: FORMAT,
    document: 'client',
    protocol: 'saml',
    uid,
    tenantUid,
    namespace: 'apps',
    name,
    generation: 1,
    enabled: true,
    entityId: `https://${name}.example`,
    displayName: name,
    assertionConsumerServices: [{ url: `https://${name}.example/acs`, index: 0, isDefault: true }],
    singleLogoutServices: [],
    signingCertificates: [],
    requireSignedRequests: false,
    nameId: { format: 'persistent', source: 'sub' },
    attributes: [],
    sign: { assertion: true, response: true, algorithm: 'rsa-sha256' },
    conditions: { notOnOrAfterSeconds: 300, oneTimeUse: false },
    accessGroups: null,
    ...fields,
  };
  return { configMap: makeConfigMap(`sso-c-${uid}`, document), secrets: [] };
}
