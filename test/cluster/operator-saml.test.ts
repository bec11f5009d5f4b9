import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { ConfigMap, Secret } from '#crds/schema/kinds.ts';
import { type SamlClientDocument, samlClientDocument, tenantKeys } from '#crds/schema/live-config.ts';
import { readCertificate } from '#crds/shared/pure/saml/certificate.ts';
import { parseXml } from '#crds/shared/pure/xml/parse.ts';
import { verifyEnveloped } from '#crds/shared/pure/xml/verify.ts';
import { until } from '#test/support/program.ts';
import { bare, spCertificate, spMetadata } from '#test/support/sp-certificate.ts';
import {
  type Bench,
  clientOf,
  configMapOf,
  EVERYTHING,
  IDP,
  publishReplicas,
  type Running,
  samlClientOf,
  samlFields,
  startBench,
  tenantOf,
  usersSecret,
} from './operator-bench.ts';

let bench: Bench;
let running: Running;
before(async () => {
  bench = await startBench();
  for (const name of ['team-acme', 'apps', 'others']) await bench.namespace(name, { team: name });
  await bench.apply(usersSecret('team-acme'));
  const clients = { from: 'Selector', selector: { matchLabels: { team: 'apps' } } };
  await bench.apply(tenantOf('team-acme', 'acme', { clients }));
  running = await bench.start({ settings: SOON });
  await publishReplicas(bench, { 'idp-0': EVERYTHING });
  await bench.ready({ kind: 'SsoTenant', namespace: 'team-acme', name: 'acme' });
});
after(() => bench[Symbol.asyncDispose]());

const SOON = { secretRecheckSeconds: 1 };
const RSA = spCertificate();
const saml = (name: string, namespace = 'apps') => ({ kind: 'SamlClient', namespace, name }) as const;
const text = (secret: Secret | undefined, key: string) => Buffer.from(secret?.data?.[key] ?? '', 'base64').toString();
const uidOf = async (name: string) => (await bench.samlClient('apps', name))?.metadata.uid ?? '';
const documentOf = (configMap: ConfigMap | undefined): SamlClientDocument =>
  samlClientDocument.parse(JSON.parse(configMap?.data?.['document.json'] ?? ''));
const liveOf = async (name: string) => documentOf(await bench.configMap(await uidOf(name), 'c'));
const keysName = async () => `sso-t-${(await bench.tenant('team-acme', 'acme'))?.metadata.uid}-keys`;

async function kubectl(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await bench.api.kubectl(args);
  assert.equal(code, 0, stderr);
  return stdout;
}

async function isGone(namespace: string, name: string): Promise<void> {
  await until(`${namespace}/${name} is gone`, async () =>
    (await bench.plainConfigMap(namespace, name)) === undefined ? true : undefined,
  );
}

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
  assert.partialDeepStrictEqual(await liveOf('jira'), {
    protocol: 'saml',
    enabled: true,
    entityId: 'https://jira.example',
    nameId: { format: 'persistent', source: 'sub' },
    accessGroups: null,
  });
  const shown = await kubectl('get', 'samlc', 'jira', '-n', 'apps');
  assert.match(shown, /https:\/\/jira\.example\s+acme\s+True\s+Succeeded/);
});

test('the output tells the application of the tenant, signed by its SAML key, and holds no private word', async () => {
  const data = (await bench.plainConfigMap('apps', 'jira-saml'))?.data ?? {};
  const keys = text(await bench.secret(IDP, await keysName()), 'keys.json');
  const entry = tenantKeys.parse(JSON.parse(keys)).saml?.keys[0];
  assert.equal(data['signing.crt'], entry?.certificate);
  assert.equal(data['idp_entity_id'], 'https://acme.localhost:8443/saml/metadata');
  const limits = { bytes: 100_000, depth: 20, elements: 200, attributes: 20 };
  const options = { limits, comments: 'refuse' } as const;
  const certificate = readCertificate(data['signing.crt'] ?? '');
  assert.ok(certificate);
  const root = parseXml(Buffer.from(data['metadata.xml'] ?? ''), options);
  assert.equal(verifyEnveloped(root, [certificate.publicKey], options).local, 'EntityDescriptor');
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
  assert.equal(await bench.configMap(await uidOf('wiki'), 'c'), undefined);
  assert.equal(await bench.plainConfigMap('apps', 'wiki-saml'), undefined);

  const entityId = 'https://wiki.example';
  const document = (acs: string) => spMetadata({ entityId, acs, certificates: [RSA] });
  await bench.apply(configMapOf('apps', 'wiki-sp', { 'metadata.xml': document('https://wiki.example/one') }));
  await bench.ready(saml('wiki'));
  assert.partialDeepStrictEqual(await liveOf('wiki'), {
    entityId,
    signingCertificates: [bare(RSA)],
    requireSignedRequests: true,
    assertionConsumerServices: [{ url: 'https://wiki.example/one', index: 0, isDefault: true }],
  });

  const followed = async (acs: string) =>
    until(acs, async () =>
      (await liveOf('wiki')).assertionConsumerServices.some(({ url }) => url === acs) ? true : undefined,
    );
  await bench.apply(configMapOf('apps', 'wiki-sp', { 'metadata.xml': document('https://wiki.example/two') }));
  await followed('https://wiki.example/two');
  await bench.apply(configMapOf('apps', 'wiki-sp', { 'metadata.xml': '<!DOCTYPE a><a/>' }));
  await bench.condition(saml('wiki'), 'MetadataReady', { status: 'False', reason: 'MetadataInvalid' });
  assert.equal((await liveOf('wiki')).assertionConsumerServices[0]?.url, 'https://wiki.example/two');

  // What else the spec says takes effect meanwhile.
  const spec = { metadata: { configMapRef: { name: 'wiki-sp' } }, access: { groups: ['staff'] } };
  await bench.apply(samlClientOf('apps', 'wiki', spec));
  await until('access', async () => ((await liveOf('wiki')).accessGroups?.[0] === 'staff' ? true : undefined));
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
  assert.equal(await bench.configMap(await uidOf('second'), 'c'), undefined);
  await bench.ready(saml('first'));
  await kubectl('delete', 'samlclient', 'first', '-n', 'apps');
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
  assert.partialDeepStrictEqual(await liveOf('older'), { entityId: 'https://older.example', enabled: true });
  assert.equal((await liveOf('younger')).entityId, 'https://younger.example');
  await bench.apply(samlClientOf('apps', 'younger', samlFields('https://moved.example')));
  await bench.ready(saml('older'));
  assert.equal((await liveOf('older')).entityId, 'https://younger.example');
});

test('two clients of one entityId that come at the same moment end as one', async () => {
  await Promise.all(['twin-a', 'twin-b'].map(name => bench.apply(samlClientOf('apps', name, samlFields('urn:twin')))));
  await until('one is Ready and one refused', async () => {
    const twins = await Promise.all(['twin-a', 'twin-b'].map(name => bench.samlClient('apps', name)));
    const reasons = twins.map(twin => twin?.status?.conditions?.find(({ type }) => type === 'Ready')?.reason);
    return reasons.toSorted().join() === 'EntityIdConflict,Succeeded' ? true : undefined;
  });
});

test('the output is repaired, moves with its name, and is never taken from somebody else', async () => {
  const output = async (name: string) => bench.plainConfigMap('apps', name);
  await kubectl(
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
  await kubectl('delete', 'configmap', 'jira-saml', '-n', 'apps');
  await until('it is back', () => output('jira-saml'));
  await bench.apply(samlClientOf('apps', 'jira', samlFields('https://jira.example', { output: { name: 'moved' } })));
  await until('it moved', () => output('moved'));
  await isGone('apps', 'jira-saml');

  await bench.apply(configMapOf('apps', 'theirs', { theirs: 'yes' }));
  await bench.apply(samlClientOf('apps', 'jira', samlFields('https://jira.example', { output: { name: 'theirs' } })));
  await bench.condition(saml('jira'), 'MetadataReady', { status: 'False', reason: 'ResourceConflict' });
  assert.deepEqual((await output('theirs'))?.data, { theirs: 'yes' });
  assert.equal((await liveOf('jira')).enabled, true);
  await bench.apply(samlClientOf('apps', 'jira', samlFields('https://jira.example')));
  await bench.ready(saml('jira'));
  await isGone('apps', 'moved');
});

test('max counts both kinds', async () => {
  await bench.apply(tenantOf('team-acme', 'small', { clients: { from: 'Same', max: 1 } }));
  const tenantRef = { name: 'small' };
  await bench.apply(clientOf('team-acme', 'one', { tenantRef }));
  await bench.ready({ kind: 'OidcClient', namespace: 'team-acme', name: 'one' });
  await bench.apply(samlClientOf('team-acme', 'two', { ...samlFields('urn:two'), tenantRef }));
  await bench.condition(saml('two', 'team-acme'), 'Accepted', { status: 'False', reason: 'QuotaExceeded' });
  await kubectl('delete', 'oidcclient', 'one', '-n', 'team-acme');
  await bench.ready(saml('two', 'team-acme'));
});

test('a namespace that is not let in learns nothing, not even which entityIds are taken', async () => {
  await bench.apply(samlClientOf('others', 'intruder', samlFields('https://jira.example')));
  await bench.condition(saml('intruder', 'others'), 'Accepted', { status: 'False', reason: 'TenantNotAvailable' });
  assert.equal((await bench.samlClient('others', 'intruder'))?.status?.idp, undefined);
  assert.equal(await bench.plainConfigMap('others', 'intruder-saml'), undefined);
});

test('withdrawn consent disables at once and deletes once every replica knows', async () => {
  const uid = await uidOf('jira');
  const version = (await bench.configMap(uid, 'c'))?.metadata.resourceVersion ?? '';
  await publishReplicas(bench, { 'idp-0': { configMaps: version, secrets: '9000000' } });
  await bench.namespace('apps', { team: 'elsewhere' });
  const disabled = await until('the disabled document', async () => {
    const found = await bench.configMap(uid, 'c');
    return found !== undefined && !documentOf(found).enabled ? found : undefined;
  });
  await delay(500);
  assert.notEqual(await bench.configMap(uid, 'c'), undefined);
  const configMaps = String(BigInt(disabled.metadata.resourceVersion ?? '') + 1000n);
  await publishReplicas(bench, { 'idp-0': { configMaps, secrets: '9000000' } });
  await until('the document is gone', async () => ((await bench.configMap(uid, 'c')) === undefined ? true : undefined));
  await publishReplicas(bench, { 'idp-0': EVERYTHING });
  await bench.namespace('apps', { team: 'apps' });
  await bench.ready(saml('jira'));
});

test('a tenant of an earlier version gets its SAML keys, and its other keys stay to the letter', async () => {
  const name = await keysName();
  running.stop();
  const secret = await bench.secret(IDP, name);
  assert.ok(secret);
  const { saml: old, ...earlier } = JSON.parse(text(secret, 'keys.json')) as Record<string, unknown>;
  const data = { 'keys.json': Buffer.from(JSON.stringify(earlier)).toString('base64') };
  await kubectl('patch', 'secret', name, '-n', IDP, '--type=merge', '-p', JSON.stringify({ data }));
  running = await bench.start({ settings: SOON });
  const added = await until('the keys are whole', async () => {
    const now = JSON.parse(text(await bench.secret(IDP, name), 'keys.json')) as Record<string, unknown>;
    return now['saml'] === undefined ? undefined : now;
  });
  const { saml: fresh, ...rest } = added;
  assert.equal(JSON.stringify(rest), JSON.stringify(earlier));
  assert.notDeepEqual(fresh, old);
  // Its applications are told of the new certificate.
  const { saml: parsed } = tenantKeys.parse(added);
  await until('the output follows', async () => {
    const output = await bench.plainConfigMap('apps', 'jira-saml');
    return output?.data?.['signing.crt'] === parsed?.keys[0]?.certificate ? true : undefined;
  });
  await bench.ready(saml('jira'));
});

test('a change of the tenant that no client sees costs no client a write', async () => {
  const versionOf = async () => (await bench.configMap(await uidOf('jira'), 'c'))?.metadata.resourceVersion;
  const [before, status] = [await versionOf(), (await bench.samlClient('apps', 'jira'))?.metadata.resourceVersion];
  const clients = { from: 'Selector', selector: { matchLabels: { team: 'apps' } } };
  await bench.apply(tenantOf('team-acme', 'acme', { clients, displayName: 'New name' }));
  await bench.ready({ kind: 'SsoTenant', namespace: 'team-acme', name: 'acme' });
  await delay(1500);
  assert.deepEqual(
    [await versionOf(), (await bench.samlClient('apps', 'jira'))?.metadata.resourceVersion],
    [before, status],
  );
});

test('what was deleted while the operator was away leaves nothing behind in any namespace', async () => {
  running.stop();
  await kubectl('delete', 'samlclients', '--all', '-n', 'apps');
  running = await bench.start({ settings: SOON });
  await until('no child of a SamlClient is left', async () => {
    const left = await kubectl('get', 'configmaps', '-A', '-l', 'sso-operator.dev/owner-kind=SamlClient', '-o', 'name');
    // That of the tenant with one place.
    return left.trim().split('\n').length === 2 ? true : undefined;
  });
  assert.equal(await bench.plainConfigMap('apps', 'jira-saml'), undefined);
  assert.notEqual(await bench.plainConfigMap('team-acme', 'two-saml'), undefined);
});
