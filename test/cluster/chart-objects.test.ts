import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isWorkload, MATRIX, renderObjects, type Workload } from '#test/charts/matrix.ts';
import { type ApiServer, startApiServer } from '#test/support/api-server.ts';
import { render } from '#test/support/helm.ts';

/** A real API server judges what the chart renders: fields, CEL of the policy, and Pod Security. */

let api: ApiServer;

before(async () => {
  api = await startApiServer();
  const namespace = (name: string, labels: object = {}) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels },
  });
  const strict = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  const all = [namespace('sso-system'), namespace('sso-idp'), namespace('strict', strict)];
  for (const object of all) assert.equal((await api.kubectl(['create', '-f', '-'], JSON.stringify(object))).stderr, '');
});
after(async () => api[Symbol.asyncDispose]());

const DRY = ['apply', '--server-side', '--dry-run=server', '--validate=strict', '-f', '-'];

for (const [name, rendering] of Object.entries(MATRIX)) {
  test(`the API server accepts ${name}`, async () => {
    const { code, stderr } = await api.kubectl(DRY, await render(rendering));
    assert.equal(stderr, '');
    assert.equal(code, 0);
  });
}

/** The template of every workload as a Pod of a namespace that takes only what is restricted. */
async function admit({ metadata, spec }: Workload): Promise<string> {
  const claimed = (spec.volumeClaimTemplates ?? []).map(({ metadata: { name } }) => ({
    name,
    persistentVolumeClaim: { claimName: name },
  }));
  const volumes = [...(spec.template.spec.volumes ?? []), ...claimed];
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...spec.template.metadata, name: metadata.name, namespace: 'strict' },
    spec: { ...spec.template.spec, volumes, priorityClassName: undefined },
  };
  return (await api.kubectl(['create', '--dry-run=server', '-f', '-'], JSON.stringify(pod))).stderr;
}

test('every pod is one that Pod Security "restricted" admits, whatever the values', async () => {
  for (const [name, rendering] of Object.entries(MATRIX)) {
    const workloads = (await renderObjects(rendering)).filter(({ kind }) => isWorkload(kind)) as Workload[];
    assert.ok(workloads.length >= 2);
    for (const workload of workloads) assert.equal(await admit(workload), '', `${name}: ${workload.metadata.name}`);
  }
});

test('that namespace does refuse a pod that is not restricted', async () => {
  const [workload] = (await renderObjects()).filter(({ kind }) => isWorkload(kind)) as [Workload];
  const { spec } = structuredClone(workload);
  for (const container of spec.template.spec.containers) delete container.securityContext;
  const bare = { ...workload, spec };
  assert.match(await admit(bare), /violates PodSecurity "restricted/);
});
