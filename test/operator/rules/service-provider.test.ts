import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConfigMap } from '#crds/schema/kinds.ts';
import type { SamlClientSpec } from '#crds/schema/saml-client.ts';
import {
  certificatesEnd,
  namedConfigMaps,
  readServiceProvider,
  type SpFacts,
} from '#operator/rules/service-provider.ts';
import { bare, spCertificate, spMetadata } from '#test/support/sp-certificate.ts';

const RSA = spCertificate();
const EC = spCertificate({ isEc: true });
const SHORT = spCertificate({ bits: 1024 });

const acs = [{ url: 'https://sp.example/acs' }];
const access = { everyone: true };
const fields = (more: Partial<SamlClientSpec> = {}): SamlClientSpec => ({
  tenantRef: { name: 't' },
  entityId: 'https://sp.example',
  assertionConsumerServices: acs,
  access,
  ...more,
});
const byMetadata = (more: Partial<SamlClientSpec> = {}): SamlClientSpec => ({
  tenantRef: { name: 't' },
  metadata: { configMapRef: { name: 'sp' } },
  access,
  ...more,
});

function configMaps(data: Record<string, Record<string, string>>): Map<string, ConfigMap> {
  const made = Object.entries(data).map(([name, data]): [string, ConfigMap] => [
    name,
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data },
  ]);
  return new Map(made);
}

const read = (spec: SamlClientSpec, data: Record<string, Record<string, string>> = {}, last?: SpFacts) =>
  readServiceProvider({ spec, configMaps: configMaps(data), last });

const LAST: SpFacts = {
  entityId: 'https://sp.example',
  assertionConsumerServices: [{ url: 'https://sp.example/old', index: 0, isDefault: true }],
  singleLogoutServices: [],
  signingCertificates: [bare(RSA)],
  requireSignedRequests: true,
};

test('fields alone are enough, with the first place as the default and no signature asked for', () => {
  const two = [...acs, { url: 'https://sp.example/2' }];
  const { verdict, facts } = read(fields({ assertionConsumerServices: two }));
  assert.equal(verdict.status, 'True');
  assert.deepEqual(facts?.assertionConsumerServices, [
    { url: 'https://sp.example/acs', index: 0, isDefault: true },
    { url: 'https://sp.example/2', index: 1, isDefault: false },
  ]);
  assert.equal(facts.requireSignedRequests, false);
});

test('with a certificate requests must be signed unless the spec says otherwise', () => {
  const certificates = [{ pem: RSA }, { configMapRef: { name: 'next' } }];
  const { facts } = read(fields({ certificates }), { next: { 'tls.crt': RSA } });
  assert.deepEqual(facts?.signingCertificates, [bare(RSA), bare(RSA)]);
  assert.equal(facts.requireSignedRequests, true);
  assert.equal(
    read(fields({ certificates: [{ pem: RSA }], requireSignedRequests: false })).facts?.requireSignedRequests,
    false,
  );
  assert.deepEqual(namedConfigMaps(fields({ certificates })), ['next']);
});

test('a certificate that cannot verify is named and refused', () => {
  for (const pem of [EC, SHORT])
    assert.equal(read(fields({ certificates: [{ pem }] })).verdict.reason, 'CertificateKeyNotRsa');
  assert.equal(read(fields({ certificates: [{ pem: 'x'.repeat(80) }] })).verdict.reason, 'CertificateInvalid');
  const named = fields({ certificates: [{ configMapRef: { name: 'sp', key: 'a.crt' } }] });
  assert.match(read(named).verdict.message, /ConfigMap sp is not there/);
  assert.match(read(named, { sp: { 'b.crt': RSA } }).verdict.message, /has no key a\.crt/);
  assert.equal(read(named).facts, undefined);
});

test('a certificate that is away keeps its last copy for the same application, and nothing else of the past', () => {
  const spec = fields({ certificates: [{ configMapRef: { name: 'away' } }], requireSignedRequests: true });
  const { verdict, facts } = read(spec, {}, LAST);
  assert.equal(verdict.reason, 'ConfigMapNotFound');
  assert.deepEqual(facts?.signingCertificates, LAST.signingCertificates);
  // An address that was taken out of the spec is out.
  assert.deepEqual(
    facts.assertionConsumerServices.map(({ url }) => url),
    ['https://sp.example/acs'],
  );
  assert.equal(read({ ...spec, entityId: 'https://other.example' }, {}, LAST).facts, undefined);
});

test('two places with one index are refused', () => {
  const { verdict } = read(fields({ assertionConsumerServices: [{ url: 'https://a.example', index: 1 }, ...acs] }));
  assert.equal(verdict.reason, 'MetadataInvalid');
  assert.match(verdict.message, /index 1/);
});

test('metadata says everything that fields would', () => {
  const { verdict, facts } = read(byMetadata(), { sp: { 'metadata.xml': spMetadata({ certificates: [RSA] }) } });
  assert.equal(verdict.status, 'True');
  assert.deepEqual(facts, {
    entityId: 'https://sp.example',
    assertionConsumerServices: [{ url: 'https://sp.example/acs', index: 0, isDefault: true }],
    singleLogoutServices: [],
    signingCertificates: [bare(RSA)],
    requireSignedRequests: true,
  });
});

test('bad metadata keeps what was good last, but for what the spec itself says', () => {
  for (const text of ['<a/>', 'no xml', `<!DOCTYPE x [<!ENTITY e "x">]>${spMetadata({})}`, '']) {
    const { verdict, facts } = read(
      byMetadata({ requireSignedRequests: false }),
      { sp: { 'metadata.xml': text } },
      LAST,
    );
    assert.equal(verdict.status, 'False', text);
    assert.match(verdict.message, /What was good last stays in use/);
    assert.deepEqual(facts, { ...LAST, requireSignedRequests: false });
  }
  const first = read(byMetadata(), { sp: { 'metadata.xml': '<a/>' } });
  assert.equal(first.facts, undefined);
  assert.doesNotMatch(first.verdict.message, /stays in use/);
});

test('metadata whose requests nobody could check is refused; a key of another kind beside a good one is left out', () => {
  const unsigned = spMetadata({ signsRequests: true });
  assert.equal(read(byMetadata(), { sp: { 'metadata.xml': unsigned } }).verdict.reason, 'MetadataInvalid');
  assert.equal(
    read(byMetadata({ requireSignedRequests: false }), { sp: { 'metadata.xml': unsigned } }).verdict.status,
    'True',
  );
  const ec = spMetadata({ certificates: [EC] });
  assert.equal(read(byMetadata(), { sp: { 'metadata.xml': ec } }).verdict.reason, 'CertificateKeyNotRsa');
  const both = spMetadata({ certificates: [EC, RSA] });
  assert.deepEqual(read(byMetadata(), { sp: { 'metadata.xml': both } }).facts?.signingCertificates, [bare(RSA)]);
});

test('the end of the certificates is the end of the last of them', () => {
  const long = spCertificate({ days: 100 });
  const end = certificatesEnd({ ...LAST, signingCertificates: [bare(spCertificate({ days: 1 })), bare(long)] });
  assert.ok(end !== undefined && Math.abs(end - Date.now() - 100 * 86_400_000) < 2 * 3_600_000);
  assert.equal(certificatesEnd({ ...LAST, signingCertificates: [] }), undefined);
});
