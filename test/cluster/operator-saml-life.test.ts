import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { tenantKeys } from '#crds/schema/live-config.ts';
import { type Cluster, WireError } from '#crds/wire/cluster.ts';
import { until } from '#test/support/program.ts';
import { EVERYTHING, IDP, publishReplicas, samlClientOf, samlFields, tenantOf } from './operator-bench.ts';
import { documentOf, LETS_IN, type SamlBench, SOON, saml, startSamlBench, textOf } from './saml-bench.ts';

let bench: SamlBench;
before(async () => {
  bench = await startSamlBench();
  await bench.apply(samlClientOf('apps', 'jira', samlFields('https://jira.example')));
  await bench.ready(saml('jira'));
});
after(() => bench[Symbol.asyncDispose]());

test('withdrawn consent disables at once and deletes once every replica knows', async () => {
  const uid = await bench.uidOf('jira');
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
  await bench.isGone(IDP, `sso-c-${uid}`);
  // Without the document nothing would tell where it lies.
  assert.equal(await bench.plainConfigMap('apps', 'jira-saml'), undefined);
  await publishReplicas(bench, { 'idp-0': EVERYTHING });
  await bench.namespace('apps', { team: 'apps' });
  await bench.ready(saml('jira'));
});

test('a tenant of an earlier version gets its SAML keys, and its other keys stay to the letter', async () => {
  const name = await bench.keysName();
  bench.running.stop();
  const secret = await bench.secret(IDP, name);
  assert.ok(secret);
  const { saml: old, ...earlier } = JSON.parse(textOf(secret, 'keys.json')) as Record<string, unknown>;
  const data = { 'keys.json': Buffer.from(JSON.stringify(earlier)).toString('base64') };
  await bench.kubectl('patch', 'secret', name, '-n', IDP, '--type=merge', '-p', JSON.stringify({ data }));
  bench.running = await bench.start({ settings: SOON });
  const added = await until('the keys are whole', async () => {
    const now = JSON.parse(textOf(await bench.secret(IDP, name), 'keys.json')) as Record<string, unknown>;
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
  const versionOf = async () => (await bench.configMap(await bench.uidOf('jira'), 'c'))?.metadata.resourceVersion;
  const [before, status] = [await versionOf(), (await bench.samlClient('apps', 'jira'))?.metadata.resourceVersion];
  await bench.apply(tenantOf('team-acme', 'acme', { clients: LETS_IN, displayName: 'New name' }));
  await bench.ready({ kind: 'SsoTenant', namespace: 'team-acme', name: 'acme' });
  await delay(1500);
  assert.deepEqual(
    [await versionOf(), (await bench.samlClient('apps', 'jira'))?.metadata.resourceVersion],
    [before, status],
  );
});

test('an output that cannot be removed yet hides the client from every replica, and is not forgotten', async () => {
  await bench.apply(samlClientOf('apps', 'stuck', samlFields('urn:stuck')));
  await bench.ready(saml('stuck'));
  const uid = await bench.uidOf('stuck');
  bench.running.stop();
  let refused = 0;
  const cluster: Cluster = Object.create(bench.admin, {
    delete: {
      value: async (...args: Parameters<Cluster['delete']>) => {
        if (args[1] !== 'stuck-saml' || refused > 2) return bench.admin.delete(...args);
        refused += 1;
        throw new WireError('Forbidden', 'not now');
      },
    },
  }) as Cluster;
  bench.running = await bench.start({ settings: SOON, parts: { cluster } });
  await bench.kubectl('delete', 'samlclient', 'stuck', '-n', 'apps');
  const hidden = await until('it is hidden', async () => {
    const found = await bench.configMap(uid, 'c');
    return found?.metadata.labels?.['sso-operator.dev/document'] === undefined ? { found } : undefined;
  });
  assert.ok(hidden.found, 'what says where the output lies went before it');
  await bench.isGone('apps', 'stuck-saml');
  await bench.isGone(IDP, `sso-c-${uid}`);
  assert.equal(refused, 3);
});

test('what was deleted while the operator was away leaves nothing behind in any namespace', async () => {
  bench.running.stop();
  await bench.kubectl('delete', 'samlclients', '--all', '-n', 'apps');
  bench.running = await bench.start({ settings: SOON });
  await until('no child of a SamlClient is left', async () => {
    const left = await bench.kubectl(
      'get',
      'configmaps',
      '-A',
      '-l',
      'sso-operator.dev/owner-kind=SamlClient',
      '-o',
      'name',
    );
    return left.trim() === '' ? true : undefined;
  });
});
