import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, test } from 'node:test';
import { makeCa, makeRsaCertificate } from '#test/support/certificate.ts';
import {
  type Bench,
  EVERYTHING,
  publishReplicas,
  type Running,
  startBench,
  tenantOf,
  usersSecret,
} from './operator-bench.ts';

/** Domains that need a proof, and certificates that somebody brings. DNS is the one thing that is not real here. */

const records = new Map<string, string[]>();
let isDown = false;
const txt = {
  txt: async (name: string) => {
    if (isDown) throw new Error('SERVFAIL');
    return records.get(name) ?? [];
  },
};

let bench: Bench;
let running: Running;
before(async () => {
  bench = await startBench();
  await bench.namespace('team');
  await bench.apply(usersSecret('team'));
  await publishReplicas(bench, { 'idp-0': EVERYTHING });
  running = await bench.start({ parts: { txt } });
});
after(() => bench[Symbol.asyncDispose]());

const tenant = { kind: 'SsoTenant', namespace: 'team', name: 'proved' } as const;
const uid = async () => (await bench.tenant('team', 'proved'))?.metadata.uid ?? '';
const message = async (type: string, name = 'proved') =>
  (await bench.tenant('team', name))?.status?.conditions?.find(it => it.type === type)?.message ?? '';

test('a domain outside the claims is refused with the exact record, and accepted with it', async () => {
  await bench.apply(tenantOf('team', 'proved', { domain: 'login.acme.example', exposure: { none: {} } }));
  await bench.condition(tenant, 'Accepted', { status: 'False', reason: 'DomainNotAllowed' });
  const value = `sso-operator=${await uid()}`;
  assert.ok((await message('DomainVerified')).includes(`_sso-operator.login.acme.example with the value "${value}"`));
  assert.equal(await bench.configMap(await uid(), 't'), undefined);

  records.set('_sso-operator.login.acme.example', ['sso-operator=another', value]);
  await bench.apply(
    tenantOf('team', 'proved', { domain: 'login.acme.example', exposure: { none: {} }, displayName: 'A' }),
  );
  await bench.ready(tenant);
});

test('once proved it stays proved, also after a restart while DNS is down', async () => {
  isDown = true;
  running.stop();
  running = await bench.start({ parts: { txt } });
  await bench.apply(
    tenantOf('team', 'proved', { domain: 'login.acme.example', exposure: { none: {} }, displayName: 'B' }),
  );
  await bench.ready(tenant);
});

function tls(cert: string, key: string): object {
  const metadata = { name: 'cert', namespace: 'team', labels: { 'sso-operator.dev/readable': 'true' } };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata,
    type: 'kubernetes.io/tls',
    stringData: { 'tls.crt': cert, 'tls.key': key },
  };
}

test('a brought certificate is waited for, checked, and copied; a bad one leaves the last good one in use', async () => {
  const spec = { certificate: { secretRef: { name: 'cert' } } };
  const brought = { kind: 'SsoTenant', namespace: 'team', name: 'brought' } as const;
  await bench.apply(tenantOf('team', 'brought', spec));
  await bench.condition(brought, 'CertificateReady', { status: 'False', reason: 'SecretNotFound' });
  const ca = await makeCa();
  const good = await ca.issue(['brought.localhost']);
  const other = await ca.issue(['other.localhost']);
  await bench.apply(tls(good.cert, good.key));
  await bench.ready(brought);
  const owner = (await bench.tenant('team', 'brought'))?.metadata.uid ?? '';
  const copy = async () => (await bench.secret('sso-idp', `sso-t-${owner}-tls`))?.data?.['tls.crt'];
  const live = await copy();
  assert.equal(Buffer.from(live ?? '', 'base64').toString(), good.cert);

  await bench.apply(tls(other.cert, other.key));
  // A new generation asks for a fresh look.
  await bench.apply(tenantOf('team', 'brought', { ...spec, displayName: 'New' }));
  await bench.condition(brought, 'CertificateReady', { status: 'False', reason: 'CertificateInvalid' });
  const foreign = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    format: 'pem',
    type: 'pkcs8',
  });
  await bench.apply(tls(good.cert, foreign.toString()));
  await bench.condition(brought, 'CertificateReady', { status: 'False', reason: 'CertificateInvalid' });
  assert.equal(await copy(), live);
  await bench.condition(brought, 'Programmed', { status: 'True' });
  assert.equal((await bench.tenant('team', 'brought'))?.status?.domainStatus, 'Online');
  await bench.apply(tls(good.cert, good.key));
  await bench.ready(brought);
});

test('the TLS policy of a tenant is told, reaches the live configuration, and decides which keys are fit', async () => {
  const rsa = makeRsaCertificate(['policy.localhost']);
  const certificate = { secretRef: { name: 'cert' } };
  const policy = { kind: 'SsoTenant', namespace: 'team', name: 'policy' } as const;
  const apply = (spec: object) => bench.apply(tenantOf('team', 'policy', { certificate, ...spec }));
  await bench.apply(tls(rsa.cert, rsa.key));
  await apply({});
  await bench.condition(policy, 'CertificateReady', { status: 'False', reason: 'CertificateKeyNotEcdsa' });
  await bench.condition(policy, 'TlsPolicyEnforced', { status: 'True', reason: 'Succeeded' });
  assert.match(await message('TlsPolicyEnforced', 'policy'), /profile Strict, TLS 1\.2 or newer/);
  await apply({ tls: { profile: 'BestPractices', minVersion: '1.3' } });
  await bench.ready(policy);
  assert.match(await message('TlsPolicyEnforced', 'policy'), /profile BestPractices, TLS 1\.3 or newer/);
  const owner = (await bench.tenant('team', 'policy'))?.metadata.uid ?? '';
  const document = (await bench.configMap(owner, 't'))?.data?.['document.json'];
  assert.deepEqual((JSON.parse(document ?? '{}') as { tls?: object }).tls, {
    profile: 'BestPractices',
    minVersion: '1.3',
  });
  await apply({ exposure: { none: {} } });
  await bench.condition(policy, 'TlsPolicyEnforced', { status: 'True', reason: 'NotApplicable' });
});
