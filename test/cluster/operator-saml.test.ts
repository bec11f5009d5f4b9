import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { tenantKeys } from '#crds/schema/live-config.ts';
import { readCertificate } from '#crds/shared/pure/saml/certificate.ts';
import { parseXml } from '#crds/shared/pure/xml/parse.ts';
import { verifyEnveloped } from '#crds/shared/pure/xml/verify.ts';
import { until } from '#test/support/program.ts';
import { bare, spCertificate, spMetadata } from '#test/support/sp-certificate.ts';
import { clientOf, configMapOf, IDP, samlClientOf, samlFields, tenantOf } from './operator-bench.ts';
import { type SamlBench, saml, startSamlBench, textOf } from './saml-bench.ts';

let bench: SamlBench;
before(async () => {
  bench = await startSamlBench();
});
after(() => bench[Symbol.asyncDispose]());

const RSA = spCertificate();

test('a SamlClient known by fields becomes Ready, and its status says what its application needs', async () => {
  await bench.apply(samlClientOf('apps', 'jira', samlFields('https://jira.example')));
  await bench.ready(saml('jira'));
  assert.partialDeepStrictEqual((await bench.samlClient('apps', 'jira'))?.status, {
    entityId: 'https://jira.example',
    outputName: 'jira-saml',
    idp: {
      entityId: 'https://acme.localhost:8443/saml/metadata',
      metadata: 'https://acme.localhost:8443/saml/metadata',
      singleSignOn: 'https://acme.localhost:8443/saml/sso',
      singleLogout: 'https://acme.localhost:8443/saml/slo',
    },
  });
  assert.partialDeepStrictEqual(await bench.liveOf('jira'), {
    protocol: 'saml',
    enabled: true,
    entityId: 'https://jira.example',
    nameId: { format: 'persistent', source: 'sub' },
    accessGroups: null,
  });
  const shown = await bench.kubectl('get', 'samlc', 'jira', '-n', 'apps');
  assert.match(shown, /https:\/\/jira\.example\s+acme\s+True\s+Succeeded/);
});

test('the output tells the application of the tenant, signed by its SAML key, and holds no private word', async () => {
  const data = (await bench.plainConfigMap('apps', 'jira-saml'))?.data ?? {};
  const keys = textOf(await bench.secret(IDP, await bench.keysName()), 'keys.json');
  const entry = tenantKeys.parse(JSON.parse(keys)).saml?.keys[0];
  assert.equal(data['signing.crt'], entry?.certificate);
  assert.equal(data['idp_entity_id'], 'https://acme.localhost:8443/saml/metadata');
  const limits = { bytes: 100_000, depth: 20, elements: 200, attributes: 20 };
  const options = { limits, comments: 'refuse' } as const;
  const certificate = readCertificate(data['signing.crt'] ?? '');
  assert.ok(certificate);
  const root = parseXml(Buffer.from(data['metadata.xml'] ?? ''), options);
  assert.equal(verifyEnveloped(root, [certificate.publicKey]).local, 'EntityDescriptor');
  assert.ok(!JSON.stringify(data).includes('PRIVATE KEY'));
});

test("the tenant's status lists its SAML key beside the others, and counts both kinds of client", async () => {
  await bench.apply(clientOf('apps', 'grafana'));
  await bench.ready({ kind: 'OidcClient', namespace: 'apps', name: 'grafana' });
  const tenant = await until('both kinds are counted', async () => {
    const found = await bench.tenant('team-acme', 'acme');
    return found?.status?.clients?.saml === 1 && found.status.clients.oidc === 1 ? found : undefined;
  });
  const pem = (await bench.plainConfigMap('apps', 'jira-saml'))?.data?.['signing.crt'] ?? '';
  const kid = new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase();
  const listed = tenant.status?.keys?.find(({ protocol }) => protocol === 'saml');
  assert.deepEqual(listed, { kid, algorithm: 'RSA', protocol: 'saml', state: 'Current' });
});

test('a metadata document is waited for, taken, and followed; a bad one keeps the last good one serving', async () => {
  await bench.apply(samlClientOf('apps', 'wiki', { metadata: { configMapRef: { name: 'wiki-sp' } } }));
  await bench.condition(saml('wiki'), 'MetadataReady', { status: 'False', reason: 'ConfigMapNotFound' });
  assert.equal(await bench.configMap(await bench.uidOf('wiki'), 'c'), undefined);
  assert.equal(await bench.plainConfigMap('apps', 'wiki-saml'), undefined);

  const entityId = 'https://wiki.example';
  const document = (acs: string) => spMetadata({ entityId, acs, certificates: [RSA] });
  await bench.apply(configMapOf('apps', 'wiki-sp', { 'metadata.xml': document('https://wiki.example/one') }));
  await bench.ready(saml('wiki'));
  assert.partialDeepStrictEqual(await bench.liveOf('wiki'), {
    entityId,
    signingCertificates: [bare(RSA)],
    requireSignedRequests: true,
    assertionConsumerServices: [{ url: 'https://wiki.example/one', index: 0, isDefault: true }],
  });

  const followed = async (acs: string) =>
    until(acs, async () =>
      (await bench.liveOf('wiki')).assertionConsumerServices.some(({ url }) => url === acs) ? true : undefined,
    );
  await bench.apply(configMapOf('apps', 'wiki-sp', { 'metadata.xml': document('https://wiki.example/two') }));
  await followed('https://wiki.example/two');
  await bench.apply(configMapOf('apps', 'wiki-sp', { 'metadata.xml': '<!DOCTYPE a><a/>' }));
  await bench.condition(saml('wiki'), 'MetadataReady', { status: 'False', reason: 'MetadataInvalid' });
  assert.equal((await bench.liveOf('wiki')).assertionConsumerServices[0]?.url, 'https://wiki.example/two');

  // What else the spec says takes effect meanwhile.
  const spec = { metadata: { configMapRef: { name: 'wiki-sp' } }, access: { groups: ['staff'] } };
  await bench.apply(samlClientOf('apps', 'wiki', spec));
  await until('access', async () => ((await bench.liveOf('wiki')).accessGroups?.[0] === 'staff' ? true : undefined));
  await bench.apply(configMapOf('apps', 'wiki-sp', { 'metadata.xml': document('https://wiki.example/three') }));
  await followed('https://wiki.example/three');
  await bench.ready(saml('wiki'));
});

test('a certificate that ends soon is an advisory and nothing worse', async () => {
  const pem = spCertificate({ days: 5 });
  await bench.apply(samlClientOf('apps', 'old', samlFields('https://old.example', { certificates: [{ pem }] })));
  await bench.ready(saml('old'));
  await bench.condition(saml('old'), 'Advisory', { status: 'True', reason: 'SpCertificateExpiring' });
});

test('a certificate without an RSA key is refused by name', async () => {
  const certificates = [{ pem: spCertificate({ isEc: true }) }];
  await bench.apply(samlClientOf('apps', 'curve', samlFields('https://curve.example', { certificates })));
  await bench.condition(saml('curve'), 'MetadataReady', { status: 'False', reason: 'CertificateKeyNotRsa' });
  await bench.condition(saml('curve'), 'Stalled', { status: 'True' });
});

test('of two clients with one entityId the later gets EntityIdConflict, and the entityId when the owner goes', async () => {
  const entityId = 'https://shared.example';
  await bench.apply(samlClientOf('apps', 'first', samlFields(entityId)));
  await bench.ready(saml('first'));
  await bench.apply(configMapOf('apps', 'second-sp', { 'metadata.xml': spMetadata({ entityId }) }));
  await bench.apply(samlClientOf('apps', 'second', { metadata: { configMapRef: { name: 'second-sp' } } }));
  await bench.condition(saml('second'), 'Accepted', { status: 'False', reason: 'EntityIdConflict' });
  assert.equal(await bench.configMap(await bench.uidOf('second'), 'c'), undefined);
  await bench.ready(saml('first'));
  await bench.kubectl('delete', 'samlclient', 'first', '-n', 'apps');
  await bench.ready(saml('second'));
});

test('who reaches for a taken entityId keeps what it had, and the owner is not disturbed', async () => {
  await bench.apply(samlClientOf('apps', 'older', samlFields('https://older.example')));
  await bench.ready(saml('older'));
  await delay(1100);
  await bench.apply(samlClientOf('apps', 'younger', samlFields('https://younger.example')));
  await bench.ready(saml('younger'));
  await bench.apply(samlClientOf('apps', 'older', samlFields('https://younger.example')));
  await bench.condition(saml('older'), 'Accepted', { status: 'False', reason: 'EntityIdConflict' });
  assert.partialDeepStrictEqual(await bench.liveOf('older'), { entityId: 'https://older.example', enabled: true });
  assert.equal((await bench.liveOf('younger')).entityId, 'https://younger.example');
  await bench.apply(samlClientOf('apps', 'younger', samlFields('https://moved.example')));
  await bench.ready(saml('older'));
  assert.equal((await bench.liveOf('older')).entityId, 'https://younger.example');
});

test('two clients of one entityId that come at the same moment end as one', async () => {
  await Promise.all(['twin-a', 'twin-b'].map(name => bench.apply(samlClientOf('apps', name, samlFields('urn:twin')))));
  await until('one is Ready and one refused', async () => {
    const twins = await Promise.all(['twin-a', 'twin-b'].map(name => bench.samlClient('apps', name)));
    const reasons = twins.map(twin => twin?.status?.conditions?.find(({ type }) => type === 'Ready')?.reason);
    return reasons.includes('EntityIdConflict') && reasons.includes('Succeeded') ? true : undefined;
  });
});

test('the output is repaired, moves with its name, and is never taken from somebody else', async () => {
  const output = async (name: string) => bench.plainConfigMap('apps', name);
  await bench.kubectl(
    'patch',
    'configmap',
    'jira-saml',
    '-n',
    'apps',
    '--type=merge',
    '-p',
    '{"data":{"sso_url":"x","y":"z"}}',
  );
  await until('it is whole again', async () => {
    const data = (await output('jira-saml'))?.data ?? {};
    return data['sso_url']?.startsWith('https://') === true && data['y'] === undefined ? true : undefined;
  });
  await bench.kubectl('delete', 'configmap', 'jira-saml', '-n', 'apps');
  await until('it is back', () => output('jira-saml'));
  await bench.apply(samlClientOf('apps', 'jira', samlFields('https://jira.example', { output: { name: 'moved' } })));
  await until('it moved', () => output('moved'));
  await bench.isGone('apps', 'jira-saml');

  await bench.apply(configMapOf('apps', 'theirs', { theirs: 'yes' }));
  await bench.apply(samlClientOf('apps', 'jira', samlFields('https://jira.example', { output: { name: 'theirs' } })));
  await bench.condition(saml('jira'), 'MetadataReady', { status: 'False', reason: 'ResourceConflict' });
  assert.deepEqual((await output('theirs'))?.data, { theirs: 'yes' });
  assert.equal((await bench.liveOf('jira')).enabled, true);
  await bench.apply(samlClientOf('apps', 'jira', samlFields('https://jira.example')));
  await bench.ready(saml('jira'));
  await bench.isGone('apps', 'moved');
});

test('max counts both kinds', async () => {
  await bench.apply(tenantOf('team-acme', 'small', { clients: { from: 'Same', max: 1 } }));
  const tenantRef = { name: 'small' };
  await bench.apply(clientOf('team-acme', 'one', { tenantRef }));
  await bench.ready({ kind: 'OidcClient', namespace: 'team-acme', name: 'one' });
  await bench.apply(samlClientOf('team-acme', 'two', { ...samlFields('urn:two'), tenantRef }));
  await bench.condition(saml('two', 'team-acme'), 'Accepted', { status: 'False', reason: 'QuotaExceeded' });
  await bench.kubectl('delete', 'oidcclient', 'one', '-n', 'team-acme');
  await bench.ready(saml('two', 'team-acme'));
});

test('a namespace that is not let in learns nothing, not even which entityIds are taken', async () => {
  await bench.apply(samlClientOf('others', 'intruder', samlFields('https://jira.example')));
  await bench.condition(saml('intruder', 'others'), 'Accepted', { status: 'False', reason: 'TenantNotAvailable' });
  assert.equal((await bench.samlClient('others', 'intruder'))?.status?.idp, undefined);
  assert.equal(await bench.plainConfigMap('others', 'intruder-saml'), undefined);
});
