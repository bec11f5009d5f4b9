import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ApiServer, startApiServer } from '#test/support/api-server.ts';
import { CHART, helm, type Ran } from '#test/support/helm.ts';
import { tenantOf } from './operator-bench.ts';

/** helm against a real API server, without nodes: what an installation, an upgrade and an uninstall leave behind. */

let api: ApiServer;
before(async () => {
  api = await startApiServer();
});
after(() => api[Symbol.asyncDispose]());

const onApi = (args: string[]): Promise<Ran> => helm([...args, `--kubeconfig=${api.kubeconfig('admin')}`]);
const install = (release = 'sso-operator', namespace = 'sso-system'): Promise<Ran> =>
  onApi(['install', release, CHART, '--namespace', namespace, '--create-namespace']);

async function kubectl(args: string[], stdin?: string): Promise<string> {
  const { code, stdout, stderr } = await api.kubectl(args, stdin);
  assert.equal(code, 0, stderr);
  return stdout;
}

const uid = (kind: string, name: string, namespace: string): Promise<string> =>
  kubectl(['get', kind, name, '-n', namespace, '-o', 'jsonpath={.metadata.uid}']);

const KEPT = [
  ['crd', 'ssotenants.sso-operator.dev', ''],
  ['ssotenant', 'acme', 'team'],
  ['namespace', 'sso-idp', ''],
  ['secret', 'sso-valkey', 'sso-idp'],
] as const;

const kept = (): Promise<string[]> => Promise.all(KEPT.map(([kind, name, namespace]) => uid(kind, name, namespace)));

test('helm install puts everything in place and says what to do next', async () => {
  const { code, stdout, stderr } = await install();
  assert.equal(code, 0, stderr);
  assert.match(stdout, /kubectl apply -f crds\/examples\/quickstart/);
  await kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd/ssotenants.sso-operator.dev']);
  await kubectl(['create', 'namespace', 'team']);
  await kubectl(['apply', '-f', '-'], JSON.stringify(tenantOf('team', 'acme')));
  await kubectl(['create', 'secret', 'generic', 'sso-valkey', '-n', 'sso-idp', '--from-literal=password=x']);
});

test('a second installation is refused: two operators would fight over the same resources', async () => {
  const { code, stderr } = await install('another', 'elsewhere');
  assert.notEqual(code, 0);
  assert.match(stderr, /invalid ownership metadata/);
});

test('helm upgrade brings a CRD to the version of the chart, and changes no field of what stays the same', async () => {
  const remove = [{ op: 'remove', path: '/spec/names/shortNames' }];
  await kubectl(['patch', 'crd', 'ssotenants.sso-operator.dev', '--type=json', '-p', JSON.stringify(remove)]);
  const generation = (): Promise<string> =>
    kubectl(['get', 'deployment', 'sso-idp', '-n', 'sso-idp', '-o', 'jsonpath={.metadata.generation}']);
  const before = await generation();
  const { code, stderr } = await onApi(['upgrade', 'sso-operator', CHART, '--namespace', 'sso-system']);
  assert.equal(code, 0, stderr);
  assert.match(
    await kubectl(['get', 'crd', 'ssotenants.sso-operator.dev', '-o', 'jsonpath={.spec.names.shortNames}']),
    /ssot/,
  );
  assert.equal(await generation(), before);
});

test('helm uninstall leaves CRDs, tenants and the namespace with the keys; a reinstallation takes them up again', async () => {
  const before = await kept();
  assert.equal((await onApi(['uninstall', 'sso-operator', '--namespace', 'sso-system'])).code, 0);
  assert.equal(
    await kubectl([
      'get',
      'deployments,clusterroles,validatingadmissionpolicies',
      '-A',
      '-o',
      'name',
      '-l',
      'app.kubernetes.io/part-of=sso-operator',
    ]),
    '',
  );
  assert.deepEqual(await kept(), before);
  const { code, stderr } = await install();
  assert.equal(code, 0, stderr);
  assert.deepEqual(await kept(), before);
});
