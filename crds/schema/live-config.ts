import { createHash } from 'node:crypto';
import { z } from 'zod';
import { tlsProfile, tlsVersion } from './tls.ts';

/**
 * The live configuration: what the operator writes and the IdP reads. One ConfigMap a tenant, one a client, each with
 * a single key `document.json`; credentials lie beside them in Secrets. A document names each Secret it needs together
 * with the hash of the Secret's data, so that a pair is taken in whole or not at all: they may arrive in either order.
 * Documents are strict: an unknown field is refused, since a field that is not understood is not obeyed.
 */

/** Raised when an older IdP could not obey a document any more. Replicas say in their Lease which format they read. */
export const FORMAT = 1;

export const DOCUMENT_KEY = 'document.json';

const secretPointer = z.strictObject({ name: z.string(), hash: z.string() });
export type SecretPointer = z.infer<typeof secretPointer>;

const usersSourceDocument = z.strictObject({
  type: z.literal('users'),
  name: z.string(),
  displayName: z.string(),
  /** Key `users.yaml`. */
  secret: secretPointer,
});

export const tenantDocument = z.strictObject({
  format: z.literal(FORMAT),
  document: z.literal('tenant'),
  uid: z.string(),
  namespace: z.string(),
  name: z.string(),
  generation: z.int(),
  displayName: z.string(),
  /** Lower case, without port. */
  domain: z.string(),
  /** `https://<domain>`, with the public port where that is not 443. */
  issuer: z.string(),
  paused: z.boolean(),
  /** Keys `keys.json` ({@link tenantKeys}). */
  keys: secretPointer,
  /** Keys `tls.crt` and `tls.key`; null: TLS ends elsewhere. */
  certificate: secretPointer.nullable(),
  /** What is spoken with that certificate. */
  tls: z.strictObject({ profile: tlsProfile, minVersion: tlsVersion }),
  sources: z.array(usersSourceDocument),
  sessions: z.strictObject({ lifetimeSeconds: z.int() }),
});

export const clientDocument = z.strictObject({
  format: z.literal(FORMAT),
  document: z.literal('client'),
  protocol: z.literal('oidc'),
  uid: z.string(),
  tenantUid: z.string(),
  namespace: z.string(),
  name: z.string(),
  generation: z.int(),
  /** false: consent was withdrawn or the client waits; nobody signs in and no token is given. */
  enabled: z.boolean(),
  clientId: z.string(),
  displayName: z.string(),
  type: z.enum(['Confidential', 'Public', 'Machine']),
  redirectUris: z.array(z.string()),
  postLogoutRedirectUris: z.array(z.string()),
  grantTypes: z.array(z.string()),
  scopes: z.array(z.string()),
  tokenEndpointAuthMethod: z.enum(['client_secret_basic', 'client_secret_post', 'none']),
  idTokenSignedResponseAlg: z.enum(['ES256', 'RS256']),
  /** null: everyone of the tenant; empty: nobody. */
  accessGroups: z.array(z.string()).nullable(),
  skipConsent: z.boolean(),
  lifetimes: z.strictObject({ accessTokenSeconds: z.int(), refreshTokenSeconds: z.int() }),
  /** A Machine's access tokens are JWTs for one of these, the first where it names none. Absent: they are opaque. */
  jwtAudiences: z.array(z.string()).min(1).optional(),
  /** Key `credentials.json` ({@link clientCredentials}); null for a client without a secret. */
  credentials: secretPointer.nullable(),
});

/** An application that speaks SAML. Everything in it is public: it verifies with certificates and has no secret. */
export const samlClientDocument = z.strictObject({
  format: z.literal(FORMAT),
  document: z.literal('client'),
  protocol: z.literal('saml'),
  uid: z.string(),
  tenantUid: z.string(),
  namespace: z.string(),
  name: z.string(),
  generation: z.int(),
  enabled: z.boolean(),
  entityId: z.string(),
  displayName: z.string(),
  /** HTTP-POST; exactly one is the default. */
  assertionConsumerServices: z
    .array(z.strictObject({ url: z.string(), index: z.int(), isDefault: z.boolean() }))
    .min(1),
  singleLogoutServices: z.array(
    z.strictObject({ url: z.string(), responseUrl: z.string().nullable(), binding: z.enum(['POST', 'Redirect']) }),
  ),
  /** base64 of DER; RSA. */
  signingCertificates: z.array(z.string()),
  requireSignedRequests: z.boolean(),
  nameId: z.strictObject({
    format: z.enum(['unspecified', 'emailAddress', 'persistent', 'transient']),
    /** Means nothing for transient. */
    source: z.enum(['sub', 'username', 'email']),
  }),
  attributes: z.array(
    z.strictObject({
      name: z.string(),
      nameFormat: z.enum(['basic', 'uri', 'unspecified']),
      friendlyName: z.string().nullable(),
      source: z.enum(['sub', 'username', 'email', 'name', 'givenName', 'familyName', 'groups']),
    }),
  ),
  sign: z.strictObject({
    assertion: z.boolean(),
    response: z.boolean(),
    algorithm: z.enum(['rsa-sha256', 'rsa-sha384', 'rsa-sha512']),
  }),
  conditions: z.strictObject({ notOnOrAfterSeconds: z.int(), oneTimeUse: z.boolean() }),
  /** null: everyone of the tenant. */
  accessGroups: z.array(z.string()).nullable(),
});

/** Whatever lies in the ConfigMap of a client. */
export const anyClientDocument = z.discriminatedUnion('protocol', [clientDocument, samlClientDocument]);

export type SamlClientDocument = z.infer<typeof samlClientDocument>;
export type TenantDocument = z.infer<typeof tenantDocument>;
export type ClientDocument = z.infer<typeof clientDocument>;
export type SourceDocument = TenantDocument['sources'][number];

/** Secret key `keys.json`. Private material; made once by the operator and kept. */
export const tenantKeys = z.strictObject({
  format: z.literal(FORMAT),
  /** Private JWKs with `kid` (RFC 7638 thumbprint) and `alg`; the first Current one of an `alg` signs. */
  signing: z.array(
    z.strictObject({
      state: z.enum(['Next', 'Current', 'Retiring']),
      jwk: z.looseObject({ kid: z.string(), alg: z.string() }),
    }),
  ),
  /** Cookie signing keys, base64url of 32 bytes, newest first. */
  cookies: z.array(z.string()).min(1),
  /** Apart from the keys of TLS and of OIDC. Absent until a tenant's Secret has been minted anew by this version. */
  saml: z
    .strictObject({
      /** PKCS#8 PEM, RSA, with the PEM certificate that names it; the first Current one signs, all are published. */
      keys: z
        .array(
          z.strictObject({ state: z.enum(['Next', 'Current', 'Retiring']), key: z.string(), certificate: z.string() }),
        )
        .min(1),
      /** base64url of 32 bytes: persistent names of people are made with it. Changing it makes everybody a stranger. */
      nameIdSalt: z.string(),
    })
    .optional(),
});

/** Secret key `credentials.json`. Never the value of a secret, only what is needed to check one. */
export const clientCredentials = z.strictObject({
  format: z.literal(FORMAT),
  secrets: z.array(
    z.discriminatedUnion('algorithm', [
      /** base64url of SHA-256 over the UTF-8 secret: for secrets long enough that guessing is hopeless. */
      z.strictObject({ algorithm: z.literal('sha256'), hash: z.string() }),
      /** PHC string, for short secrets that somebody brought. */
      z.strictObject({ algorithm: z.literal('argon2id'), hash: z.string() }),
    ]),
  ),
});

/** Secret key `users.yaml` of a `users` source. */
export const usersFile = z.strictObject({
  users: z.array(
    z.strictObject({
      username: z.string().min(1).max(256),
      /** argon2id PHC string; `sso hash-password` makes one. */
      password: z.string().regex(/^\$argon2id\$v=19\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$/),
      name: z.string().max(256).optional(),
      givenName: z.string().max(256).optional(),
      familyName: z.string().max(256).optional(),
      email: z.email().optional(),
      groups: z.array(z.string().max(256)).max(1000).optional(),
    }),
  ),
});

export type TenantKeys = z.infer<typeof tenantKeys>;
export type ClientCredentials = z.infer<typeof clientCredentials>;
export type UsersFile = z.infer<typeof usersFile>;

/** Hash of a Secret's data (base64 values as on the wire): SHA-256 over its sorted entries, base64url. */
export function hashSecretData(data: Record<string, string>): string {
  const entries = Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(entries)).digest('base64url');
}
