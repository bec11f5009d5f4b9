/** What the spec of a SamlClient takes and refuses: for the list of cases.ts, as soon as the kind is one of KINDS. */

export interface SpecCase {
  name: string;
  spec: Record<string, unknown>;
  before?: Record<string, unknown>;
  refused?: { path: string; rule?: string };
}

const pem = `-----BEGIN CERTIFICATE-----\n${'A'.repeat(64)}\n-----END CERTIFICATE-----\n`;
const acs = [{ url: 'https://jira.example/acs' }];

export const SMALLEST = {
  tenantRef: { name: 'acme' },
  entityId: 'https://jira.example',
  assertionConsumerServices: acs,
  access: { everyone: true },
};
const { entityId: _, assertionConsumerServices: __, ...bare } = SMALLEST;
const byMetadata = { ...bare, metadata: { configMapRef: { name: 'jira-sp' } } };

const taken = (name: string, change: object): SpecCase => ({ name, spec: { ...SMALLEST, ...change } });
const refused = (name: string, change: object, path: string, rule?: string): SpecCase => ({
  ...taken(name, change),
  refused: { path, ...(rule !== undefined && { rule }) },
});

export const SAML_SPEC_CASES: SpecCase[] = [
  taken('the smallest', {}),
  { name: 'by metadata', spec: byMetadata },
  {
    name: 'by metadata, with a key and the demand for signatures',
    spec: { ...byMetadata, metadata: { configMapRef: { name: 'x', key: 'sp.xml' } }, requireSignedRequests: true },
  },
  taken('everything', {
    tenantRef: { name: 'acme', namespace: 'team-acme' },
    displayName: 'Jira',
    assertionConsumerServices: [
      { url: 'https://jira.example/acs', binding: 'POST', index: 3, default: true },
      { url: 'http://localhost:8080/acs' },
    ],
    singleLogoutServices: [
      { url: 'https://jira.example/slo', responseUrl: 'https://jira.example/slo/r', binding: 'Redirect' },
    ],
    certificates: [{ configMapRef: { name: 'jira', key: 'tls.crt' } }, { pem }],
    requireSignedRequests: true,
    nameId: { format: 'unspecified', source: 'username' },
    attributes: [
      { name: 'urn:oid:0.9.2342.19200300.100.1.3', nameFormat: 'uri', friendlyName: 'mail', source: 'email' },
    ],
    sign: { assertion: true, response: false, algorithm: 'rsa-sha512' },
    conditions: { notOnOrAfter: '5m', oneTimeUse: true },
    access: { groups: ['engineers'] },
    output: { name: 'jira-saml' },
  }),
  ...['http://jira.example/acs', 'https://jira.example/acs#a', 'javascript:alert(1)', 'https://u@jira.example/'].map(
    url =>
      refused(`the address ${url}`, { assertionConsumerServices: [{ url }] }, 'spec.assertionConsumerServices[0].url'),
  ),
  refused(
    'an answer by Redirect',
    { assertionConsumerServices: [{ url: 'https://jira.example/acs', binding: 'Redirect' }] },
    'spec.assertionConsumerServices[0].binding',
  ),
  refused(
    'two defaults',
    {
      assertionConsumerServices: [
        { ...acs[0], default: true },
        { url: 'https://b.example/', default: true },
      ],
    },
    'spec.assertionConsumerServices',
    'only one can be the default',
  ),
  refused('an entityId with a space', { entityId: 'a b' }, 'spec.entityId'),
  {
    name: 'neither metadata nor entityId',
    spec: bare,
    refused: { path: 'spec.entityId', rule: 'name the application either by metadata or by entityId' },
  },
  {
    name: 'both metadata and entityId',
    spec: { ...SMALLEST, ...byMetadata },
    refused: { path: 'spec.entityId', rule: 'name the application either by metadata or by entityId' },
  },
  {
    name: 'entityId alone',
    spec: { ...bare, entityId: 'x' },
    refused: {
      path: 'spec.assertionConsumerServices',
      rule: 'assertionConsumerServices are needed with entityId, and only there',
    },
  },
  {
    name: 'metadata and certificates',
    spec: { ...byMetadata, certificates: [{ pem }] },
    refused: { path: 'spec.metadata', rule: 'with metadata, singleLogoutServices and certificates come from it' },
  },
  refused(
    'signed requests without a certificate',
    { requireSignedRequests: true },
    'spec.requireSignedRequests',
    'signed requests cannot be checked without certificates',
  ),
  refused(
    'a logout without a certificate',
    { singleLogoutServices: [{ url: 'https://jira.example/slo', binding: 'POST' }] },
    'spec.singleLogoutServices',
    'logout messages must be signed by the application, so certificates are needed',
  ),
  refused(
    'a certificate from nowhere',
    { certificates: [{}] },
    'spec.certificates[0]',
    'name exactly one of configMapRef and pem',
  ),
  refused(
    'a certificate from two places',
    { certificates: [{ pem, configMapRef: { name: 'x' } }] },
    'spec.certificates[0]',
    'name exactly one of configMapRef and pem',
  ),
  refused(
    'a source of a transient name',
    { nameId: { format: 'transient', source: 'sub' } },
    'spec.nameId.source',
    'a transient name is made of nothing: leave source out',
  ),
  refused(
    'nothing signed',
    { sign: { assertion: false, response: false } },
    'spec.sign',
    'sign the assertion, the response or both',
  ),
  refused('SHA-1', { sign: { algorithm: 'rsa-sha1' } }, 'spec.sign.algorithm'),
  refused('no access', { access: {} }, 'spec.access', 'say who may sign in: either everyone: true or groups'),
  refused(
    'no time at all',
    { conditions: { notOnOrAfter: '0s' } },
    'spec.conditions.notOnOrAfter',
    'a duration must be longer than nothing',
  ),
  refused('an attribute without a source', { attributes: [{ name: 'x' }] }, 'spec.attributes[0].source'),
  {
    name: 'another tenant',
    spec: { ...SMALLEST, tenantRef: { name: 'globex' } },
    before: SMALLEST,
    refused: { path: 'spec.tenantRef', rule: 'tenantRef is immutable' },
  },
];
