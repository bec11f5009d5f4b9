import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { KubeObject } from '#crds/schema/kinds.ts';
import { readSettings as readIdp } from '#idp/settings.ts';
import { parseDomainClaims } from '#operator/rules/domain.ts';
import { readSettings as readOperator } from '#operator/settings.ts';
import { missingHelm } from '#test/support/helm.ts';
import { ROOT } from '#test/support/program.ts';
import { MATRIX, renderObjects, workload } from './matrix.ts';

/** What the chart tells the programs, read by the programs' own settings. */

const skip = await missingHelm();
const IN_CLUSTER = { KUBERNETES_SERVICE_HOST: '10.0.0.1' };
const PODS: Record<string, string> = {
  'metadata.name': 'pod-0',
  'metadata.uid': 'uid-0',
  'metadata.namespace': 'sso-idp',
};

function envOf(objects: readonly KubeObject[], name: string): Record<string, string> {
  const env = workload(objects, name).spec.template.spec.containers[0]?.env ?? [];
  const of = ({ value, valueFrom }: (typeof env)[number]) => value ?? PODS[valueFrom?.fieldRef.fieldPath ?? ''] ?? '';
  return { ...IN_CLUSTER, ...Object.fromEntries(env.map(variable => [variable.name, of(variable)])) };
}

const read = async (name: string) => {
  const objects = await renderObjects(MATRIX[name]);
  return { objects, operator: readOperator(envOf(objects, 'sso-operator')), idp: readIdp(envOf(objects, 'sso-idp')) };
};

test('every variable that the chart sets is one that its program reads', { skip }, async () => {
  const sources = {
    'sso-operator': readFileSync(join(ROOT, 'operator', 'settings.ts'), 'utf8'),
    'sso-idp': readFileSync(join(ROOT, 'idp', 'settings.ts'), 'utf8'),
  };
  for (const [name, rendering] of Object.entries(MATRIX)) {
    const objects = await renderObjects(rendering);
    for (const [program, source] of Object.entries(sources)) {
      for (const variable of Object.keys(envOf(objects, program)).filter(it => /^(SSO|POD)_/.test(it)))
        assert.match(source, new RegExp(`\\b${variable}:`), `${name}: ${program} does not read ${variable}`);
    }
  }
});

test('both programs accept what the chart tells them, whatever the values', { skip }, async () => {
  for (const name of Object.keys(MATRIX)) {
    const { operator, idp } = await read(name);
    parseDomainClaims(operator.domainClaims);
    assert.equal(operator.namespace, 'sso-system', name);
    assert.equal(operator.idpNamespace, 'sso-idp', name);
    assert.equal(idp.namespace, 'sso-idp', name);
    assert.deepEqual([idp.httpsPort, idp.httpPort, idp.adminPort], [8443, 8080, 9090], name);
    assert.equal(operator.publicPort, idp.publicPort, name);
  }
});

test('settings reach the programs as they were meant', { skip }, async () => {
  const { operator, idp } = await read('settings of the programs');
  assert.deepEqual([...parseDomainClaims(operator.domainClaims)], [['acme.example', ['team-acme', 'web']]]);
  assert.equal(operator.issuers, 'ClusterIssuer/letsencrypt,Issuer/internal');
  assert.deepEqual(operator.dnsServers, ['192.0.2.53', '2001:db8::53']);
  assert.deepEqual(idp.trustedProxies, ['10.0.0.0/8', '2001:db8::/32']);
  assert.deepEqual([operator.logLevel, idp.logLevel], ['debug', 'warn']);
  assert.equal(operator.secretRecheckSeconds, 30);
});

test('domain claims that were taken away claim nothing', { skip }, async () => {
  const objects = await renderObjects({ json: ['operator.domainClaims={"localhost":null}'] });
  const { domainClaims } = readOperator(envOf(objects, 'sso-operator'));
  assert.equal(parseDomainClaims(domainClaims).size, 0);
});

test('a replica is given as long to drain as it takes', { skip }, async () => {
  const { objects, idp } = await read('settings of the programs');
  assert.equal(idp.drainSeconds, 20);
  // drainSeconds, 25 s for requests that are under way, 1 s for the admin port, and a margin.
  assert.ok(workload(objects, 'sso-idp').spec.template.spec.terminationGracePeriodSeconds >= 20 + 25 + 1);
});

/** Path of a file in the container -> Secret and key that it comes from. */
function files(objects: readonly KubeObject[], name: string): Record<string, string> {
  const { containers, volumes = [] } = workload(objects, name).spec.template.spec;
  const mounts = containers[0]?.volumeMounts ?? [];
  const found = volumes.flatMap(volume => {
    const at = mounts.find(mount => mount.name === volume.name)?.mountPath;
    return (volume.projected?.sources ?? []).flatMap(({ secret }) =>
      secret.items.map(({ key, path }) => [`${at}/${path}`, `${secret.name}/${key}`] as const),
    );
  });
  return Object.fromEntries(found);
}

test('by default sessions and durable data lie in the Valkey of the chart, opened by the Secret that the operator makes', {
  skip,
}, async () => {
  const { objects, operator, idp } = await read('the defaults');
  assert.equal(operator.storeSecret, 'sso-valkey');
  for (const store of [idp.stores.volatile, idp.stores.durable]) {
    assert.ok(store?.address.kind === 'redis');
    assert.deepEqual(store.address.nodes, [{ host: 'sso-valkey.sso-idp.svc', port: 6379 }]);
    assert.equal(files(objects, 'sso-idp')[store.passwordFile ?? ''], 'sso-valkey/password');
  }
});

test('without a volume nothing durable is promised', { skip }, async () => {
  assert.equal((await read('Valkey without a volume')).idp.stores.durable, undefined);
});

test('a store of the platform is opened by the Secrets that were named', { skip }, async () => {
  const { objects, operator, idp } = await read('a store of the platform');
  const from = files(objects, 'sso-idp');
  const { volatile, durable } = idp.stores;
  assert.equal(operator.storeSecret, undefined);
  assert.ok(volatile.address.kind === 'redis');
  assert.deepEqual([volatile.address.topology, volatile.address.tls, volatile.address.user], ['sentinel', true, 'sso']);
  assert.equal(from[volatile.passwordFile ?? ''], 'store/password');
  assert.equal(from[volatile.sentinelPasswordFile ?? ''], 'sentinels/password');
  assert.equal(from[volatile.caFile ?? ''], 'store-ca/ca.crt');
  assert.equal(volatile.waitReplicas, 1);
  assert.equal(from[durable?.passwordFile ?? ''], 'durable/redis-password');
});
