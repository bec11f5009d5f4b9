import { type Case, change, type Manifest, manifest, refused, repeat, taken } from './case.ts';

/** What the API takes and refuses of a SamlClient. */

const ACS = 'https://app.acme.example/saml/acs';
const CLIENT = {
  tenantRef: { name: 'acme' },
  entityId: 'https://app.acme.example/saml',
  assertionConsumerServices: [{ url: ACS }],
  access: { everyone: true },
};
const PEM = `-----BEGIN CERTIFICATE-----\n${'A'.repeat(80)}\n-----END CERTIFICATE-----\n`;
const SLO = { url: 'https://app.acme.example/saml/slo', binding: 'Redirect' };

/** The smallest good client, with these fields changed; undefined leaves one out. */
export const samlClient = (change: Record<string, unknown> = {}): Manifest => manifest('SamlClient', CLIENT, change);

const byMetadata = (change: Record<string, unknown> = {}): Manifest =>
  samlClient({
    entityId: undefined,
    assertionConsumerServices: undefined,
    metadata: { configMapRef: { name: 'app-metadata' } },
    ...change,
  });

const acs = (...services: Record<string, unknown>[]): Manifest => samlClient({ assertionConsumerServices: services });

export const SAML_CASES: Case[] = [
  taken('the smallest client by fields', samlClient()),
  taken('the smallest client by metadata', byMetadata()),
  taken(
    'a client with everything',
    samlClient({
      tenantRef: { name: 'acme', namespace: 'team-acme' },
      displayName: 'App',
      entityId: 'urn:example:app',
      assertionConsumerServices: [
        { url: ACS, binding: 'POST', index: 3, default: true },
        { url: 'http://localhost:3000/acs' },
      ],
      singleLogoutServices: [SLO, { ...SLO, binding: 'POST', responseUrl: 'https://app.acme.example/saml/done' }],
      certificates: [{ configMapRef: { name: 'app-sp', key: 'next.crt' } }, { pem: PEM }],
      requireSignedRequests: true,
      nameId: { format: 'emailAddress', source: 'email' },
      attributes: [
        { name: 'urn:oid:0.9.2342.19200300.100.1.3', nameFormat: 'uri', friendlyName: 'mail', source: 'email' },
        { name: 'groups', source: 'groups' },
      ],
      sign: { assertion: true, response: false, algorithm: 'rsa-sha512' },
      conditions: { notOnOrAfter: '2m', oneTimeUse: true },
      access: { groups: ['staff'] },
      output: { name: 'app-idp' },
    }),
  ),
  taken('metadata under another key', byMetadata({ metadata: { configMapRef: { name: 'a', key: 'sp.xml' } } })),
  taken('metadata whose requests need no signature', byMetadata({ requireSignedRequests: false })),
  refused(
    'both metadata and an entityId',
    samlClient({ metadata: { configMapRef: { name: 'a' } } }),
    'spec.entityId',
    'name the application either by metadata or by entityId',
  ),
  refused(
    'neither metadata nor an entityId',
    samlClient({ entityId: undefined, assertionConsumerServices: undefined }),
    'spec.entityId',
    'name the application either by metadata or by entityId',
  ),
  refused(
    'an entityId without a place for answers',
    samlClient({ assertionConsumerServices: undefined }),
    'spec.assertionConsumerServices',
    'assertionConsumerServices are needed with entityId, and only there',
  ),
  refused(
    'metadata beside certificates',
    byMetadata({ certificates: [{ pem: PEM }] }),
    'spec.metadata',
    'with metadata, singleLogoutServices and certificates come from it',
  ),
  refused(
    'signed requests without certificates',
    samlClient({ requireSignedRequests: true }),
    'spec.requireSignedRequests',
    'signed requests cannot be checked without certificates',
  ),
  refused(
    'logout without certificates',
    samlClient({ singleLogoutServices: [SLO] }),
    'spec.singleLogoutServices',
    'logout messages must be signed by the application, so certificates are needed',
  ),
  refused(
    'two defaults',
    acs({ url: ACS, default: true }, { url: `${ACS}2`, default: true }),
    'spec.assertionConsumerServices',
    'only one can be the default',
  ),
  ...['http://app.acme.example/acs', 'https://app.acme.example/#x', 'javascript:alert(1)', ''].map(url =>
    refused(`the address ${JSON.stringify(url)}`, acs({ url }), 'spec.assertionConsumerServices[0].url'),
  ),
  refused(
    'a binding that we cannot answer over',
    acs({ url: ACS, binding: 'Artifact' }),
    'spec.assertionConsumerServices[0].binding',
  ),
  refused('an index that is too large', acs({ url: ACS, index: 65_536 }), 'spec.assertionConsumerServices[0].index'),
  refused(
    '21 places for answers',
    acs(...repeat(21, at => ({ url: `${ACS}${at}` }))),
    'spec.assertionConsumerServices',
  ),
  ...['', 'a b', 'ä', 'x\n', 'x'.repeat(1025)].map(entityId =>
    refused(`the entityId ${JSON.stringify(entityId.slice(0, 10))}`, samlClient({ entityId }), 'spec.entityId'),
  ),
  ...[{}, { configMapRef: { name: 'a' }, pem: PEM }].map(certificate =>
    refused(
      `a certificate with ${Object.keys(certificate).length} sources`,
      samlClient({ certificates: [certificate] }),
      'spec.certificates[0]',
      'name exactly one of configMapRef and pem',
    ),
  ),
  refused(
    'a namespace in a ConfigMap reference',
    byMetadata({ metadata: { configMapRef: { name: 'a', namespace: 'b' } } }),
    'spec.metadata.configMapRef.namespace',
  ),
  refused(
    'a transient name with a source',
    samlClient({ nameId: { format: 'transient', source: 'sub' } }),
    'spec.nameId.source',
    'a transient name is made of nothing: leave source out',
  ),
  refused('a name format that is unknown', samlClient({ nameId: { format: 'entity' } }), 'spec.nameId.format'),
  refused(
    'nothing signed',
    samlClient({ sign: { assertion: false, response: false } }),
    'spec.sign',
    'sign the assertion, the response or both',
  ),
  refused('a signature with SHA-1', samlClient({ sign: { algorithm: 'rsa-sha1' } }), 'spec.sign.algorithm'),
  refused(
    'an attribute of an unknown source',
    samlClient({ attributes: [{ name: 'a', source: 'password' }] }),
    'spec.attributes[0].source',
  ),
  refused(
    'an attribute whose name ends in a space',
    samlClient({ attributes: [{ name: 'a ', source: 'sub' }] }),
    'spec.attributes[0].name',
  ),
  refused(
    'an assertion that is never valid',
    samlClient({ conditions: { notOnOrAfter: '0s' } }),
    'spec.conditions.notOnOrAfter',
    'a duration must be longer than nothing',
  ),
  refused('no access', samlClient({ access: undefined }), 'spec.access'),
  refused('a secret, of which SAML has none', samlClient({ secretRef: { name: 'x' } }), 'spec.secretRef'),
];

export const SAML_CHANGES: Case[] = [
  change('the tenant of a client', samlClient(), samlClient({ tenantRef: { name: 'other' } }), 'tenantRef'),
  change('the entityId', samlClient(), samlClient({ entityId: 'urn:example:new' })),
  change('fields to metadata', samlClient(), byMetadata()),
];
