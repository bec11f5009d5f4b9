import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Condition } from '#crds/schema/conditions.ts';
import { tenantDocument } from '#crds/schema/live-config.ts';
import { CORE } from '#crds/wire/cluster.ts';
import type { Ingress } from '#operator/render/ingress.ts';
import { ACCOUNTS } from '#test/support/installation.ts';
import { until } from '#test/support/program.ts';
import { type Bench, EVERYTHING, IDP, publishReplicas, startBench, tenantOf, usersSecret } from './operator-bench.ts';

/** A tenant behind an ingress controller; what the controller would do, the test does. Certificates are of the development CA. */

let bench: Bench;
let stopOperator: () => void;
async function start(): Promise<void> {
  const running = await bench.start();
  stopOperator = () => running.stop();
}

before(async () => {
  bench = await startBench();
  await bench.namespace('team');
  await bench.apply(usersSecret('team'));
  await publishReplicas(bench, { 'idp-0': EVERYTHING });
  await start();
});
after(() => bench[Symbol.asyncDispose]());

const subject = (name: string) => ({ kind: 'SsoTenant', namespace: 'team', name }) as const;
const behind = (className: string) => ({ exposure: { ingress: { className } } });
const acme = subject('acme');

const ingressClass = (name: string, controller: string): object => ({
  apiVersion: CORE.ingressClasses.apiVersion,
  kind: 'IngressClass',
  metadata: { name },
  spec: { controller },
});
const HAPROXY = 'haproxy-ingress.github.io/controller';

const uidOf = async (name: string): Promise<string> => (await bench.tenant('team', name))?.metadata.uid ?? '';
const ingress = async (name: string): Promise<Ingress | undefined> =>
  bench.admin.get<Ingress>(CORE.ingresses, `sso-t-${await uidOf(name)}`, IDP);
const condition = async (name: string, type: string): Promise<Condition | undefined> =>
  (await bench.tenant('team', name))?.status?.conditions?.find(it => it.type === type);

async function kubectl(...args: string[]): Promise<void> {
  const { code, stderr } = await bench.api.kubectl(args);
  assert.equal(code, 0, stderr);
}

test('a class that is not there is said, and nothing is published', async () => {
  await bench.apply(tenantOf('team', 'acme', behind('haproxy')));
  for (const type of ['Exposed', 'TlsPolicyEnforced'])
    await bench.condition(acme, type, { status: 'False', reason: 'IngressClassNotFound' });
  assert.equal(await ingress('acme'), undefined);
});

test('a controller that cannot be held to the profile gets nothing, and the words name one that can', async () => {
  await bench.apply(ingressClass('nginx', 'k8s.io/ingress-nginx'));
  await bench.apply(tenantOf('team', 'other', behind('nginx')));
  for (const type of ['Exposed', 'TlsPolicyEnforced'])
    await bench.condition(subject('other'), type, { status: 'False', reason: 'ControllerNotSupported' });
  const { message = '' } = (await condition('other', 'TlsPolicyEnforced')) ?? {};
  assert.match(message, /k8s\.io\/ingress-nginx of IngressClass nginx .* haproxy-ingress\.github\.io\/controller/);
  assert.equal(await ingress('other'), undefined);
});

test('a class that comes is found; the Ingress leads to the Service with the profile and the tenant keeps no certificate', async () => {
  await bench.apply(ingressClass('haproxy', HAPROXY));
  const made = await until('the Ingress', () => ingress('acme'));
  assert.partialDeepStrictEqual(made.metadata.annotations, {
    'haproxy-ingress.github.io/ssl-options-host': 'ssl-min-ver TLSv1.2',
    'haproxy-ingress.github.io/ssl-ciphers':
      'ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-SHA384:ECDHE-ECDSA-AES128-SHA256',
    'haproxy-ingress.github.io/ssl-cipher-suites':
      'TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256',
  });
  const secretName = `sso-t-${await uidOf('acme')}-tls`;
  const backend = { service: { name: IDP, port: { name: 'http' } } };
  assert.deepEqual(made.spec, {
    ingressClassName: 'haproxy',
    tls: [{ hosts: ['acme.localhost'], secretName }],
    rules: [{ host: 'acme.localhost', http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
  });
  assert.equal((await bench.secret(IDP, secretName))?.type, 'kubernetes.io/tls');
  const live = await bench.configMap(await uidOf('acme'), 't');
  assert.equal(tenantDocument.parse(JSON.parse(live?.data?.['document.json'] ?? '')).certificate, null);
});

test('Exposed is True once the controller has published an address, and says that nobody asked there', async () => {
  await bench.condition(acme, 'Exposed', { status: 'Unknown', reason: 'Progressing' });
  assert.equal((await bench.tenant('team', 'acme'))?.status?.domainStatus, 'Provisioning');
  const name = `sso-t-${await uidOf('acme')}`;
  const status = JSON.stringify({ status: { loadBalancer: { ingress: [{ ip: '203.0.113.7' }] } } });
  await kubectl('patch', 'ingress', name, '-n', IDP, '--subresource=status', '--type=merge', '-p', status);
  await bench.ready(acme);
  assert.match((await condition('acme', 'Exposed'))?.message ?? '', /at 203\.0\.113\.7\. Nobody asked there/);
  assert.equal((await condition('acme', 'TlsPolicyEnforced'))?.reason, 'NotProbed');
  assert.equal((await bench.tenant('team', 'acme'))?.status?.domainStatus, 'Online');
});

test('in the steady state the operator writes nothing, whatever others note on the Ingress', async () => {
  await sleep(500);
  const before = (await bench.api.writes(ACCOUNTS.operator.name)).length;
  await kubectl('annotate', 'ingress', `sso-t-${await uidOf('acme')}`, '-n', IDP, 'example.com/touched=yes');
  await sleep(1500);
  assert.deepEqual((await bench.api.writes(ACCOUNTS.operator.name)).slice(before), []);
});

test('what would weaken the policy is undone: an edited annotation, one that is added, and another way in', async () => {
  const name = `sso-t-${await uidOf('acme')}`;
  const prefix = 'haproxy-ingress.github.io';
  const added = [`${prefix}/ssl-passthrough=true`, 'ingress.kubernetes.io/ssl-ciphers=ALL'];
  await kubectl('annotate', '--overwrite', 'ingress', name, '-n', IDP, `${prefix}/ssl-ciphers=ALL`, ...added);
  const patch = JSON.stringify({ spec: { rules: [{ host: 'theirs.example' }] } });
  await kubectl('patch', 'ingress', name, '-n', IDP, '--type=merge', '-p', patch);
  await until('the Ingress is whole again', async () => {
    const { metadata, spec } = (await ingress('acme')) ?? { metadata: {}, spec: {} };
    const annotations = metadata.annotations ?? {};
    const isClean = added.every(text => annotations[text.split('=')[0] ?? ''] === undefined);
    const isExact = annotations[`${prefix}/ssl-ciphers`]?.startsWith('ECDHE-ECDSA-AES256-GCM-SHA384:') === true;
    return isClean && isExact && spec.rules?.[0]?.host === 'acme.localhost' ? true : undefined;
  });
  assert.equal((await ingress('acme'))?.metadata.annotations?.['example.com/touched'], 'yes');
});

test('a change of the policy reaches the Ingress', async () => {
  await bench.apply(
    tenantOf('team', 'acme', { ...behind('haproxy'), tls: { profile: 'BestPractices', minVersion: '1.3' } }),
  );
  await until('the new policy', async () => {
    const annotations = (await ingress('acme'))?.metadata.annotations ?? {};
    const isRsaToo = annotations['haproxy-ingress.github.io/ssl-ciphers']?.includes('ECDHE-RSA') === true;
    const version = annotations['haproxy-ingress.github.io/ssl-options-host'];
    return isRsaToo && version === 'ssl-min-ver TLSv1.3' ? true : undefined;
  });
});

test('while its class is away the Ingress stays; where another controller takes the class over it goes', async () => {
  await kubectl('delete', 'ingressclass', 'haproxy');
  await bench.condition(acme, 'Exposed', { status: 'False', reason: 'IngressClassNotFound' });
  assert.ok(await ingress('acme'));
  await bench.apply(ingressClass('haproxy', 'example.com/another'));
  await bench.condition(acme, 'Exposed', { status: 'False', reason: 'ControllerNotSupported' });
  await until('the Ingress is gone', async () => ((await ingress('acme')) === undefined ? true : undefined));
  await kubectl('delete', 'ingressclass', 'haproxy');
  await bench.apply(ingressClass('haproxy', HAPROXY));
  await until('the Ingress is back', () => ingress('acme'));
});

test('an Ingress of somebody else under our name is never taken over', async () => {
  const wish = tenantOf('team', 'twin', behind('haproxy')) as { metadata: object };
  const annotations = { 'sso-operator.dev/reconcile': 'disabled' };
  await bench.apply({ ...wish, metadata: { ...wish.metadata, annotations } });
  const service = { name: 'theirs', port: { number: 80 } };
  await bench.apply({
    apiVersion: CORE.ingresses.apiVersion,
    kind: 'Ingress',
    metadata: { name: `sso-t-${await uidOf('twin')}`, namespace: IDP },
    spec: { defaultBackend: { service } },
  });
  await kubectl('annotate', 'ssotenant', 'twin', '-n', 'team', 'sso-operator.dev/reconcile-');
  await bench.condition(subject('twin'), 'Exposed', { status: 'False', reason: 'ResourceConflict' });
  assert.deepEqual((await ingress('twin'))?.spec, { defaultBackend: { service } });
});

test('a Secret of another type, which nobody can change, is made anew', async () => {
  const name = `sso-t-${await uidOf('acme')}-tls`;
  const { metadata, data } = (await bench.secret(IDP, name)) ?? {};
  await kubectl('annotate', 'ssotenant', 'acme', '-n', 'team', 'sso-operator.dev/reconcile=disabled');
  await kubectl('delete', 'secret', name, '-n', IDP);
  const kept = { name, namespace: IDP, labels: metadata?.labels, annotations: metadata?.annotations };
  await bench.apply({ apiVersion: 'v1', kind: 'Secret', metadata: kept, type: 'Opaque', data });
  await kubectl('annotate', 'ssotenant', 'acme', '-n', 'team', 'sso-operator.dev/reconcile-');
  const made = await until('the right type', async () => {
    const secret = await bench.secret(IDP, name);
    return secret?.type === 'kubernetes.io/tls' ? secret : undefined;
  });
  assert.deepEqual(made.data, data);
});

test('a tenant that is exposed otherwise takes its Ingress away, and so does one that is deleted while we are down', async () => {
  await bench.apply(tenantOf('team', 'brief', behind('haproxy')));
  const name = `sso-t-${await uidOf('brief')}`;
  const brief = () => bench.admin.get<Ingress>(CORE.ingresses, name, IDP);
  await until('its Ingress', brief);
  await bench.apply(tenantOf('team', 'acme', { exposure: { pod: {} } }));
  await until('no Ingress', async () => ((await ingress('acme')) === undefined ? true : undefined));
  await bench.ready(acme);
  stopOperator();
  await kubectl('delete', 'ssotenant', 'brief', '-n', 'team');
  assert.ok(await brief());
  await start();
  await until('no Ingress of it', async () => ((await brief()) === undefined ? true : undefined));
});
