import { z } from 'zod';
import type { CelRule } from './rule.ts';

/** What is particular to an OidcClient of type Machine: a program that signs in for itself, with no person in sight. */

/** An absolute URI without fragment (RFC 8707 section 2): a URL with any scheme, or a urn. It is a name, and never dialled. */
const resourceUri = z
  .string()
  .min(1)
  .max(512)
  .regex(
    /^([a-z][-+.a-z0-9]*:\/\/[-.0-9A-Za-z]+(:[0-9]{1,5})?(\/[!$-;=?-[\]^-~]*)?([?][!$-;=?-[\]^-~]*)?|urn:[!$-;=?-[\]^-~]+)$/,
  );

export const machineTokens = {
  accessTokenFormat: z
    .enum(['opaque', 'jwt'])
    .optional()
    .describe(
      'Of a Machine. opaque (default): known to the tenant only. jwt: signed (RFC 9068); an API checks it by itself, and nobody can take it back before it ends.',
    ),
  resources: z
    .array(resourceUri)
    .min(1)
    .max(16)
    .optional()
    .describe(
      'The APIs that a JWT may be for, as they call themselves. A token is for one of them (aud): the one that the Machine names as resource (RFC 8707), else the first.',
    ),
};

/** Fields about people. */
const NOT_OF_MACHINES = [
  'displayName',
  'redirectUris',
  'postLogoutRedirectUris',
  'scopes',
  'idTokenSignedResponseAlg',
  'access',
  'skipConsent',
] as const;
const NEEDED_BY_PEOPLE = ['redirectUris', 'access'] as const;

/** Across the fields of an OidcClient. */
export const MACHINE_RULES: CelRule[] = [
  ...NOT_OF_MACHINES.map(field => ({
    rule: `self.type != 'Machine' || !has(self.${field})`,
    message: `a Machine has no ${field}: no person signs in to it`,
    fieldPath: `.${field}`,
  })),
  {
    rule: "self.type != 'Machine' || !has(self.lifetimes) || !has(self.lifetimes.refreshToken)",
    message: 'a Machine has no refresh token: it asks again with its secret',
    fieldPath: '.lifetimes.refreshToken',
  },
  {
    rule: "self.type != 'Machine' || !has(self.grantTypes) || self.grantTypes == ['client_credentials']",
    message: 'a Machine has the grant type client_credentials and no other',
    fieldPath: '.grantTypes',
  },
  ...NEEDED_BY_PEOPLE.map(field => ({
    rule: `self.type == 'Machine' || has(self.${field})`,
    message: `${field} is needed; only a Machine goes without`,
    fieldPath: `.${field}`,
  })),
  {
    rule: "self.type == 'Machine' || !has(self.grantTypes) || self.grantTypes.all(g, g != 'client_credentials')",
    message: 'client_credentials is for a client of type Machine',
    fieldPath: '.grantTypes',
  },
  {
    rule: "self.type == 'Machine' || !has(self.accessTokenFormat)",
    message: 'accessTokenFormat is for a client of type Machine; all others get opaque tokens',
    fieldPath: '.accessTokenFormat',
  },
  {
    rule: "has(self.resources) == (has(self.accessTokenFormat) && self.accessTokenFormat == 'jwt')",
    message: 'accessTokenFormat jwt and resources need each other: a JWT names the API that it is for',
    fieldPath: '.resources',
  },
];
