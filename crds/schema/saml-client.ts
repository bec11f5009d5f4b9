import { z } from 'zod';
import { conditions } from './conditions.ts';
import { displayName, duration, objectName } from './fragments.ts';
import { oidcClient } from './oidc-client.ts';
import { celRules, immutable } from './rule.ts';

/** SamlClient: one application (service provider) that trusts a tenant over SAML 2.0. */

/** One and the same meaning for both kinds of client. */
const { tenantRef, access, redirectUris } = oidcClient.spec.shape;
const webAddress = redirectUris.unwrap().element;

/** https anywhere, http only on loopback, no fragment: the addresses that both kinds of client accept. */
export function isWebAddress(text: string): boolean {
  return webAddress.safeParse(text).success;
}

const dataKey = z
  .string()
  .min(1)
  .max(253)
  .regex(/^[-._a-zA-Z0-9]+$/);

const localConfigMapRef = (defaultKey: string) =>
  z
    .object({
      name: objectName.describe('Name of a ConfigMap in the same namespace.'),
      key: dataKey.optional().describe(`Default: ${defaultKey}.`),
    })
    .describe('A ConfigMap in the same namespace as this resource.');

const consumer = z.object({
  url: webAddress.describe('Where the browser posts our answer; compared character by character.'),
  binding: z.enum(['POST']).optional().describe('Default: POST.'),
  index: z.int().min(0).max(65_535).optional().describe('Default: the position in this list, from 0.'),
  default: z.boolean().optional().describe('true: used where a request names none. Default: the first.'),
});

const logoutService = z.object({
  url: webAddress.describe('Where logout requests go, and answers too unless responseUrl is given.'),
  responseUrl: webAddress.optional().describe('Where answers to a logout go.'),
  binding: z.enum(['POST', 'Redirect']).describe('How the browser takes them there.'),
});

const certificate = z
  .object({
    configMapRef: localConfigMapRef('tls.crt').optional(),
    pem: z.string().min(64).max(16_384).optional().describe('The certificate itself.'),
  })
  .meta(
    celRules({ rule: 'has(self.configMapRef) != has(self.pem)', message: 'name exactly one of configMapRef and pem' }),
  );

const PERSON_FACTS = ['sub', 'username', 'email', 'name', 'givenName', 'familyName', 'groups'] as const;

const nameId = z
  .object({
    format: z
      .enum(['unspecified', 'emailAddress', 'persistent', 'transient'])
      .describe('persistent: another stable value at every application. transient: a new value at every sign-in.'),
    source: z
      .enum(['sub', 'username', 'email'])
      .optional()
      .describe('What it is made of. Default: username for unspecified, email for emailAddress, sub for persistent.'),
  })
  .meta(
    celRules({
      rule: "self.format != 'transient' || !has(self.source)",
      message: 'a transient name is made of nothing: leave source out',
      fieldPath: '.source',
    }),
  );

const attribute = z.object({
  name: z
    .string()
    .min(1)
    .max(512)
    .regex(/^[!-~]([ -~]*[!-~])?$/)
    .describe('What the application looks for.'),
  nameFormat: z
    .enum(['basic', 'uri', 'unspecified'])
    .optional()
    .describe('Default: uri for a name that begins urn:, http:// or https://, else basic.'),
  friendlyName: displayName.optional().describe('A word for people; programs must not look at it.'),
  source: z.enum(PERSON_FACTS).describe('What is told of the person; left out where nothing is known.'),
});

const signing = z
  .object({
    assertion: z.boolean().optional().describe('Default: true.'),
    response: z.boolean().optional().describe('Default: true.'),
    algorithm: z.enum(['rsa-sha256', 'rsa-sha384', 'rsa-sha512']).optional().describe('Default: rsa-sha256.'),
  })
  .meta(
    celRules({
      rule: '!has(self.assertion) || self.assertion || !has(self.response) || self.response',
      message: 'sign the assertion, the response or both',
    }),
  );

export const samlClientSpec = z
  .object({
    tenantRef,
    displayName: displayName.optional().describe('What people read. Default: the name of the resource.'),
    metadata: z
      .object({ configMapRef: localConfigMapRef('metadata.xml') })
      .optional()
      .describe('The metadata document of the application, instead of the five fields below.'),
    entityId: z
      .string()
      .min(1)
      .max(1024)
      .regex(/^[!-~]+$/)
      .optional()
      .describe('How the application names itself. One owner in the tenant.'),
    assertionConsumerServices: z
      .array(consumer)
      .min(1)
      .max(20)
      .meta(
        celRules({
          rule: 'self.filter(s, has(s.default) && s.default).size() <= 1',
          message: 'only one can be the default',
        }),
      )
      .optional()
      .describe('Where answers may go. A request can choose among these and nothing else.'),
    singleLogoutServices: z.array(logoutService).min(1).max(4).optional().describe('Where logout messages go.'),
    certificates: z
      .array(certificate)
      .min(1)
      .max(4)
      .optional()
      .describe('RSA certificates that the application signs with; two while they change.'),
    requireSignedRequests: z
      .boolean()
      .optional()
      .describe('Default: what the metadata says; without metadata true where there are certificates.'),
    nameId: nameId.optional().describe('The subject of assertions. Default: persistent.'),
    attributes: z.array(attribute).min(1).max(50).optional().describe('What the application is told of a person.'),
    sign: signing.optional().describe('What we sign.'),
    conditions: z
      .object({
        notOnOrAfter: duration.describe('How long an assertion may be presented. Default: 5m.'),
        oneTimeUse: z.boolean().describe('true: it must be used at once and not kept. Default: false.'),
      })
      .partial()
      .optional()
      .describe('Conditions of assertions.'),
    access: access.unwrap().describe('Who may sign in to this application.'),
    output: z
      .object({ name: objectName.optional().describe('Default: <name>-saml.') })
      .optional()
      .describe('The ConfigMap for the application: metadata, addresses and certificates of the tenant.'),
  })
  .meta(
    celRules(
      immutable('tenantRef'),
      {
        rule: 'has(self.metadata) != has(self.entityId)',
        message: 'name the application either by metadata or by entityId',
        fieldPath: '.entityId',
      },
      {
        rule: 'has(self.entityId) == has(self.assertionConsumerServices)',
        message: 'assertionConsumerServices are needed with entityId, and only there',
        fieldPath: '.assertionConsumerServices',
      },
      {
        rule: '!has(self.metadata) || (!has(self.singleLogoutServices) && !has(self.certificates))',
        message: 'with metadata, singleLogoutServices and certificates come from it',
        fieldPath: '.metadata',
      },
      {
        rule: 'has(self.metadata) || has(self.certificates) || !has(self.requireSignedRequests) || !self.requireSignedRequests',
        message: 'signed requests cannot be checked without certificates',
        fieldPath: '.requireSignedRequests',
      },
      {
        rule: '!has(self.singleLogoutServices) || has(self.certificates)',
        message: 'logout messages must be signed by the application, so certificates are needed',
        fieldPath: '.singleLogoutServices',
      },
    ),
  );

const samlClientStatus = z.object({
  observedGeneration: z.int().optional(),
  entityId: z.string().max(1024).optional().describe('Of the application.'),
  idp: z
    .object({
      entityId: z.string().max(512),
      metadata: z.string().max(512),
      singleSignOn: z.string().max(512),
      singleLogout: z.string().max(512),
    })
    .partial()
    .optional()
    .describe('What the application needs to know of the tenant.'),
  outputName: z.string().max(253).optional().describe('The ConfigMap written for the application.'),
  conditions: conditions.optional(),
});

export type SamlClientSpec = z.infer<typeof samlClientSpec>;

export const samlClient = {
  kind: 'SamlClient',
  plural: 'samlclients',
  singular: 'samlclient',
  shortNames: ['samlc'],
  description: 'One application (service provider) that trusts a tenant over SAML 2.0.',
  spec: samlClientSpec,
  status: samlClientStatus,
  printerColumns: [
    { name: 'EntityId', type: 'string', jsonPath: '.status.entityId' },
    { name: 'Tenant', type: 'string', jsonPath: '.spec.tenantRef.name' },
    { name: 'Ready', type: 'string', jsonPath: ".status.conditions[?(@.type=='Ready')].status" },
    { name: 'Reason', type: 'string', jsonPath: ".status.conditions[?(@.type=='Ready')].reason" },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    { name: 'Output', type: 'string', jsonPath: '.status.outputName', priority: 1 },
    { name: 'Message', type: 'string', jsonPath: ".status.conditions[?(@.type=='Ready')].message", priority: 1 },
  ],
} as const;
