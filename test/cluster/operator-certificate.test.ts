import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Secret } from '#crds/schema/kinds.ts';
import { hashSecretData, tenantDocument } from '#crds/schema/live-config.ts';
import { CERTIFICATES } from '#crds/wire/cluster.ts';
import type { Certificate } from '#operator/render/certificate.ts';
import { parseIssuers } from '#operator/rules/issuer.ts';
import {
  type CertManager,
  ISSUER,
  installCertManagerCrds,
  NO_CERT_MANAGER,
  startCertManager,
} from '#test/support/cert-manager.ts';
import { ACCOUNTS } from '#test/support/installation.ts';
import { until } from '#test/support/program.ts';
import { type Bench, EVERYTHING, IDP, publishReplicas, startBench, tenantOf, usersSecret } from './operator-bench.ts';

/** Certificates from an issuer: the operator in this process, cert-manager's own controllers beside it. */

const issuerRef = { kind: 'ClusterIssuer', name: ISSUER };
const subject = (name: string) => ({ kind: 'SsoTenant', namespace: 'team', name }) as const;

let bench: Bench;
let certManager: CertManager | undefined;
let stopOperator: () => void;

const issued = (name: string, run: (t: TestContext) => Promise<void>): void =>
  void test(name, { skip: NO_CERT_MANAGER }, run);

/** Nobody can stand in for cert-manager here. */
const certificateIssuer = { issue: () => Promise.reject(new Error('not here')) };

async function startOperator(issuers: string): Promise<void> {
  const running = await bench.start({ settings: { issuers: parseIssuers(issuers) }, parts: { certificateIssuer } });
  stopOperator = () => running.stop();
}

before(async () => {
  if (NO_CERT_MANAGER) return;
  bench = await startBench();
  await bench.namespace('team');
  await bench.apply(usersSecret('team'));
  await publishReplicas(bench, { 'idp-0': EVERYTHING });
  await startOperator(`ClusterIssuer/${ISSUER}`);
});
after(async () => {
  await certManager?.[Symbol.asyncDispose]();
  if (!NO_CERT_MANAGER) await bench[Symbol.asyncDispose]();
});

const uidOf = async (name: string): Promise<string> => (await bench.tenant('team', name))?.metadata.uid ?? '';
const certificate = async (name: string): Promise<Certificate | undefined> =>
  bench.admin.get<Certificate>(CERTIFICATES, `sso-t-${await uidOf(name)}`, IDP);
const served = async (name: string): Promise<Secret | undefined> => bench.secret(IDP, `sso-t-${await uidOf(name)}-tls`);
const leafOf = (secret: Secret | undefined): X509Certificate =>
  new X509Certificate(Buffer.from(secret?.data?.['tls.crt'] ?? '', 'base64'));

async function kubectl(...args: string[]): Promise<void> {
  const { code, stderr } = await bench.api.kubectl(args);
  assert.equal(code, 0, stderr);
}

issued('without cert-manager a tenant says what to install, and every other tenant is served', async () => {
  await bench.apply(tenantOf('team', 'acme', { certificate: { issuerRef } }));
  await bench.apply(tenantOf('team', 'plain', { exposure: { none: {} } }));
  await bench.condition(subject('acme'), 'CertificateReady', { status: 'False', reason: 'CertManagerMissing' });
  await bench.ready(subject('plain'));
});

issued('it is found without a restart, and issues an ECDSA certificate for the domain', async t => {
  await installCertManagerCrds(bench.api);
  const installed = performance.now();
  await until('the Certificate', () => certificate('acme'), 60);
  t.diagnostic(`asked ${Math.round(performance.now() - installed)} ms after the CRDs were there`);
  certManager = await startCertManager(bench.api);
  await bench.ready(subject('acme'));
  const secret = await served('acme');
  assert.equal(secret?.type, 'kubernetes.io/tls');
  const leaf = leafOf(secret);
  assert.equal(leaf.subjectAltName, 'DNS:acme.localhost');
  assert.equal(leaf.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1');
  assert.ok(leaf.checkIssued(new X509Certificate(certManager.ca)));
  const live = await bench.configMap(await uidOf('acme'), 't');
  const document = tenantDocument.parse(JSON.parse(live?.data?.['document.json'] ?? ''));
  assert.equal(document.certificate?.hash, hashSecretData(secret?.data ?? {}));
});

issued('a bigger key is made when it is wished for', async () => {
  await bench.apply(tenantOf('team', 'acme', { certificate: { issuerRef, keySize: 384 } }));
  await until('P-384', async () => {
    const details = leafOf(await served('acme')).publicKey.asymmetricKeyDetails;
    return details?.namedCurve === 'secp384r1' ? true : undefined;
  });
  await bench.ready(subject('acme'));
});

issued('in the steady state the operator writes nothing', async () => {
  await sleep(1000);
  const before = (await bench.api.writes(ACCOUNTS.operator.name)).length;
  await kubectl('annotate', 'ssotenant', 'acme', '-n', 'team', 'example.com/touched=yes');
  await kubectl('annotate', 'secret', `sso-t-${await uidOf('acme')}-issued`, '-n', IDP, 'example.com/touched=yes');
  await kubectl('annotate', 'certificate', `sso-t-${await uidOf('acme')}`, '-n', IDP, 'example.com/touched=yes');
  await sleep(2000);
  assert.deepEqual((await bench.api.writes(ACCOUNTS.operator.name)).slice(before), []);
});

issued('an edited and a deleted Certificate are repaired, and the pair that is served stays', async () => {
  const name = `sso-t-${await uidOf('acme')}`;
  const serial = leafOf(await served('acme')).serialNumber;
  const patch = JSON.stringify({ spec: { revisionHistoryLimit: 7 } });
  await kubectl('patch', 'certificate', name, '-n', IDP, '--type=merge', '-p', patch);
  await until('the limit is back', async () =>
    (await certificate('acme'))?.spec.revisionHistoryLimit === 1 ? true : undefined,
  );
  await kubectl('delete', 'certificate', name, '-n', IDP);
  await until('the Certificate is back', () => certificate('acme'));
  await bench.ready(subject('acme'));
  assert.equal(leafOf(await served('acme')).serialNumber, serial);
});

issued('a renewal reaches the live configuration', async t => {
  const { serialNumber } = leafOf(await served('acme'));
  const started = performance.now();
  await kubectl('delete', 'secret', `sso-t-${await uidOf('acme')}-issued`, '-n', IDP);
  await until('a new serial', async () =>
    leafOf(await served('acme')).serialNumber === serialNumber ? undefined : true,
  );
  t.diagnostic(`${Math.round(performance.now() - started)} ms from the loss to the new pair`);
  const live = await until('the document that names it', async () => {
    const found = await bench.configMap(await uidOf('acme'), 't');
    return found?.data?.['document.json']?.includes(hashSecretData((await served('acme'))?.data ?? {}))
      ? found
      : undefined;
  });
  assert.ok(live);
  await bench.ready(subject('acme'));
});

issued('an issuer that the settings do not name is refused with the setting, and nothing is asked for', async () => {
  const other = { kind: 'Issuer', name: 'theirs' };
  await bench.apply(tenantOf('team', 'greedy', { certificate: { issuerRef: other } }));
  const refused = { status: 'False', reason: 'IssuerNotAllowed' };
  await bench.condition(subject('greedy'), 'CertificateReady', refused);
  const words = JSON.stringify((await bench.tenant('team', 'greedy'))?.status?.conditions);
  assert.match(words, /SSO_ISSUERS allows ClusterIssuer\/test-ca; Issuer\/theirs is not among them/);
  assert.equal(await certificate('greedy'), undefined);
});

issued('what cert-manager says of an issuer that fails is carried into the condition', async () => {
  stopOperator();
  await startOperator(`ClusterIssuer/${ISSUER},Issuer/theirs`);
  await until('its words', async () => {
    const found = (await bench.tenant('team', 'greedy'))?.status?.conditions;
    const said = found?.find(({ type }) => type === 'CertificateReady');
    return said?.reason === 'Progressing' && said.message.startsWith('cert-manager says DoesNotExist: ')
      ? true
      : undefined;
  });
});

issued('a Secret and a Certificate of somebody else under our names are never taken over', async () => {
  const paused = { metadata: { annotations: { 'sso-operator.dev/reconcile': 'disabled' } } };
  for (const name of ['rival', 'twin']) {
    const wish = tenantOf('team', name, { certificate: { issuerRef } }) as { metadata: object };
    await bench.apply({ ...wish, metadata: { ...wish.metadata, ...paused.metadata } });
  }
  const secretName = `sso-t-${await uidOf('rival')}-issued`;
  const metadata = { name: secretName, namespace: IDP };
  await bench.apply({ apiVersion: 'v1', kind: 'Secret', metadata, stringData: { theirs: 'yes' } });
  const theirs = { name: `sso-t-${await uidOf('twin')}`, namespace: IDP };
  const spec = { secretName: 'theirs', dnsNames: ['theirs.example'], issuerRef };
  await bench.apply({ apiVersion: 'cert-manager.io/v1', kind: 'Certificate', metadata: theirs, spec });
  for (const name of ['rival', 'twin']) {
    await kubectl('annotate', 'ssotenant', name, '-n', 'team', 'sso-operator.dev/reconcile-');
    await bench.condition(subject(name), 'CertificateReady', { status: 'False', reason: 'ResourceConflict' });
  }
  assert.deepEqual(Object.keys((await bench.secret(IDP, secretName))?.data ?? {}), ['theirs']);
  assert.deepEqual((await certificate('twin'))?.spec.dnsNames, ['theirs.example']);
});

issued('an issuer that is no more wished for leaves nothing behind', async () => {
  const uid = await uidOf('acme');
  await bench.apply(tenantOf('team', 'acme', { exposure: { none: {} } }));
  await until('Certificate and both Secrets are gone', async () => {
    const left = [await certificate('acme'), await served('acme'), await bench.secret(IDP, `sso-t-${uid}-issued`)];
    return left.every(it => it === undefined) ? true : undefined;
  });
  await bench.ready(subject('acme'));
});

issued('a tenant that is deleted while the operator is down leaves nothing behind', async () => {
  await bench.apply(tenantOf('team', 'brief', { certificate: { issuerRef } }));
  await bench.ready(subject('brief'));
  const uid = await uidOf('brief');
  stopOperator();
  await kubectl('delete', 'ssotenant', 'brief', '-n', 'team');
  assert.ok(await bench.admin.get(CERTIFICATES, `sso-t-${uid}`, IDP));
  await startOperator(`ClusterIssuer/${ISSUER}`);
  await until('everything of it is gone', async () => {
    const left = [
      await bench.admin.get(CERTIFICATES, `sso-t-${uid}`, IDP),
      await bench.secret(IDP, `sso-t-${uid}-issued`),
      await bench.secret(IDP, `sso-t-${uid}-tls`),
    ];
    return left.every(it => it === undefined) ? true : undefined;
  });
});
