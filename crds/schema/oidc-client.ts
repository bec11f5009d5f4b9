import { z } from 'zod';
import { conditions } from './conditions.ts';
import { displayName, duration, labels, localSecretRef, namespaceName, objectName } from './fragments.ts';
import { MACHINE_RULES, machineTokens } from './machine.ts';
import { celRules, immutable, immutableOptional } from './rule.ts';

/** OidcClient: one application (relying party) that trusts a tenant; a Machine is one that no person signs in to. */

/**
 * https anywhere; http only on loopback (RFC 8252 section 7.3). No fragment (RFC 6749 section 3.1.2), no user info, only
 * printable ASCII (RFC 3986 section 2; RE2's \s is not JavaScript's, so characters are named, not classed) without
 * space, quote, backslash or angle bracket.
 */
const webUri = z
  .string()
  .max(2048)
  .regex(
    /^(https:\/\/([-.0-9A-Za-z]+|\[[0-9A-Fa-f:.]+\])|http:\/\/(localhost|127[.]0[.]0[.]1|\[::1\]))(:[0-9]{1,5})?(\/[!$-;=?-[\]^-~]*)?([?][!$-;=?-[\]^-~]*)?$/,
  );

const secretKey = z
  .string()
  .min(1)
  .max(253)
  .regex(/^[-._a-zA-Z0-9]+$/);
const applicationSecret = z
  .object({
    name: objectName
      .optional()
      .describe('Name of the Secret that is written for the application, in this namespace. Default: <name>-oidc.'),
    keys: z
      .object({
        clientId: z.array(secretKey).max(8).describe('Beside client_id.'),
        clientSecret: z.array(secretKey).max(8).describe('Beside client_secret.'),
        issuer: z.array(secretKey).max(8).describe('Beside issuer.'),
      })
      .partial()
      .optional()
      .describe('Further key names under which the application wants a value. The canonical keys are always there.'),
    labels: labels.optional().describe('Further labels of that Secret.'),
  })
  .describe('The Secret for the application: client_id, client_secret, issuer and the address of every endpoint.');

const access = z
  .object({
    everyone: z.boolean().optional().describe('true: everyone whom the tenant knows.'),
    groups: z
      .array(z.string().min(1).max(256))
      .min(1)
      .max(100)
      .optional()
      .describe('Members of at least one of these groups.'),
  })
  .meta(
    celRules({
      rule: '(has(self.everyone) && self.everyone) != has(self.groups)',
      message: 'say who may sign in: either everyone: true or groups',
    }),
  );

const GRANT_TYPES = ['authorization_code', 'refresh_token', 'client_credentials'] as const;
const SCOPES = ['openid', 'profile', 'email', 'groups', 'offline_access'] as const;
const AUTH_METHODS = ['client_secret_basic', 'client_secret_post', 'none'] as const;
const ID_TOKEN_ALGS = ['ES256', 'RS256'] as const;

const oidcClientSpec = z
  .object({
    tenantRef: z
      .object({
        name: objectName.describe('Name of the SsoTenant.'),
        namespace: namespaceName.optional().describe('Default: the namespace of this client.'),
      })
      .describe('The tenant that this application trusts. Immutable.'),
    clientId: z
      .string()
      .min(1)
      .max(128)
      .regex(/^[-._~A-Za-z0-9]+$/)
      .optional()
      .describe('Default: <namespace>.<name>. Immutable.'),
    displayName: displayName
      .optional()
      .describe('What people read on the consent page. Default: the name of the resource.'),
    type: z
      .enum(['Confidential', 'Public', 'Machine'])
      .describe(
        'Confidential: keeps a secret on a server. Public: PKCE only, no secret. Machine: a program that signs in for itself, with its secret and without a person (client credentials). Immutable.',
      ),
    redirectUris: z
      .array(webUri)
      .min(1)
      .max(50)
      .optional()
      .describe('Where people come back to; compared character by character. Needed, except by a Machine.'),
    postLogoutRedirectUris: z
      .array(webUri)
      .max(50)
      .optional()
      .describe('Where a sign-out may lead. Compared character by character.'),
    grantTypes: z
      .array(z.enum(GRANT_TYPES))
      .min(1)
      .max(8)
      .optional()
      .describe('Default: authorization_code; for a Machine client_credentials, and no other.'),
    scopes: z
      .array(z.enum(SCOPES))
      .min(1)
      .max(16)
      .optional()
      .describe('What the client may ask for. Default: openid, profile, email.'),
    tokenEndpointAuthMethod: z
      .enum(AUTH_METHODS)
      .optional()
      .describe('Default: client_secret_basic; none for a Public client.'),
    idTokenSignedResponseAlg: z.enum(ID_TOKEN_ALGS).optional().describe('Default: ES256.'),
    secretRef: localSecretRef
      .optional()
      .describe('Bring your own client secret, in the key client_secret. Until it is there the client waits.'),
    secret: applicationSecret.optional(),
    access: access.optional().describe('Who may sign in to this application. Needed, except by a Machine.'),
    skipConsent: z.boolean().optional().describe('true: an application of your own; people are not asked for consent.'),
    ...machineTokens,
    lifetimes: z
      .object({
        accessToken: duration.describe('Default: 1h.'),
        refreshToken: duration.describe('Default: 720h.'),
      })
      .partial()
      .optional()
      .describe('How long tokens live.'),
  })
  .meta(
    celRules(
      immutable('tenantRef'),
      immutable('type'),
      immutableOptional('clientId'),
      {
        rule: "self.type != 'Public' || !has(self.secretRef)",
        message: 'a Public client has no secret',
        fieldPath: '.secretRef',
      },
      {
        rule: "!has(self.tokenEndpointAuthMethod) || (self.type == 'Public') == (self.tokenEndpointAuthMethod == 'none')",
        message: 'none is for Public clients, and a Public client has no other method',
        fieldPath: '.tokenEndpointAuthMethod',
      },
      {
        rule: "self.type == 'Machine' || !has(self.grantTypes) || self.grantTypes.exists(g, g == 'authorization_code')",
        message: 'grantTypes must name authorization_code',
        fieldPath: '.grantTypes',
      },
      {
        rule: "!has(self.scopes) || self.scopes.exists(s, s == 'openid')",
        message: 'scopes must name openid',
        fieldPath: '.scopes',
      },
      ...MACHINE_RULES,
    ),
  );

const oidcClientStatus = z.object({
  observedGeneration: z.int().optional(),
  clientId: z.string().max(320).optional(),
  issuer: z.string().max(300).optional(),
  secretName: z.string().max(253).optional().describe('The Secret written for the application.'),
  conditions: conditions.optional(),
});

export const oidcClient = {
  kind: 'OidcClient',
  plural: 'oidcclients',
  singular: 'oidcclient',
  shortNames: ['oidcc'],
  description: 'One application (relying party) that trusts a tenant over OpenID Connect.',
  spec: oidcClientSpec,
  status: oidcClientStatus,
  printerColumns: [
    { name: 'ClientId', type: 'string', jsonPath: '.status.clientId' },
    { name: 'Tenant', type: 'string', jsonPath: '.spec.tenantRef.name' },
    { name: 'Ready', type: 'string', jsonPath: ".status.conditions[?(@.type=='Ready')].status" },
    { name: 'Reason', type: 'string', jsonPath: ".status.conditions[?(@.type=='Ready')].reason" },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    { name: 'Secret', type: 'string', jsonPath: '.status.secretName', priority: 1 },
    { name: 'Message', type: 'string', jsonPath: ".status.conditions[?(@.type=='Ready')].message", priority: 1 },
  ],
} as const;
