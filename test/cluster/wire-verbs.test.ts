import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Secret } from '#crds/schema/kinds.ts';
import { connect } from '#crds/wire/api-server.ts';
import { type Cluster, CORE, type ResourceType, WireError, type WireErrorCode } from '#crds/wire/cluster.ts';
import { type ApiServer, startApiServer } from '../support/api-server.ts';
import { startRelay } from '../support/api-server-relay.ts';
import { configMap, keepLog } from '../support/api-server-sink.ts';
import { until } from '../support/program.ts';

const TENANTS = {
  apiVersion: 'sso-operator.dev/v1alpha1',
  kind: 'SsoTenant',
  plural: 'ssotenants',
  namespaced: true,
} as const satisfies ResourceType;

let api: ApiServer;
let cluster: Cluster;
const namespace = 'default';
const deps = { log: keepLog().log, userAgent: 'test' };

before(async () => {
  api = await startApiServer({ users: [{ name: 'nobody' }, { name: 'throttled' }] });
  await api.installCrds();
  cluster = connect(api.connection('admin'), deps);
});
after(async () => api[Symbol.asyncDispose]());

const refusedAs = (code: WireErrorCode) => (error: unknown) => error instanceof WireError && error.code === code;

test('get answers undefined for what is not there', async () => {
  assert.equal(await cluster.get(CORE.configMaps, 'no-such', namespace), undefined);
});

test('create refuses what exists, and replace and apply refuse what moved', async () => {
  const first = await cluster.create(CORE.configMaps, configMap(namespace, 'verbs', '1'));
  await assert.rejects(cluster.create(CORE.configMaps, configMap(namespace, 'verbs', '1')), refusedAs('AlreadyExists'));
  await cluster.replace(CORE.configMaps, { ...first, data: { v: '2' } });
  await assert.rejects(cluster.replace(CORE.configMaps, { ...first, data: { v: '3' } }), refusedAs('Conflict'));
  const stale = configMap(namespace, 'verbs', '3');
  stale.metadata.resourceVersion = first.metadata.resourceVersion ?? '';
  await assert.rejects(cluster.apply(CORE.configMaps, stale), refusedAs('Conflict'));
  assert.equal((await cluster.get(CORE.configMaps, 'verbs', namespace))?.metadata.name, 'verbs');
});

test('apply takes a field over from whoever wrote it, and answers without managedFields', async () => {
  await api.kubectl(['create', 'configmap', 'taken', '-n', namespace, '--from-literal=v=theirs']);
  const applied = await cluster.apply(CORE.configMaps, configMap(namespace, 'taken', 'ours'));
  assert.equal(applied.data?.['v'], 'ours');
  assert.ok(!('managedFields' in applied.metadata));
});

test('delete is done when the object is gone, and spares another object of the same name', async () => {
  await cluster.delete(CORE.configMaps, 'never-was', namespace);
  const made = await cluster.create(CORE.configMaps, configMap(namespace, 'delete', '1'));
  await cluster.delete(CORE.configMaps, 'delete', namespace, '00000000-0000-0000-0000-000000000000');
  assert.notEqual(await cluster.get(CORE.configMaps, 'delete', namespace), undefined);
  await cluster.delete(CORE.configMaps, 'delete', namespace, made.metadata.uid);
  assert.equal(await cluster.get(CORE.configMaps, 'delete', namespace), undefined);
});

test('status is replaced without touching the spec, and a new object says that no controller has seen it', async () => {
  const spec = { domain: 'login.verbs.example', identitySources: [{ name: 'u', users: { secretRef: { name: 'u' } } }] };
  const { apiVersion, kind } = TENANTS;
  const made = await cluster.create(TENANTS, { apiVersion, kind, metadata: { name: 'verbs', namespace }, spec });
  assert.deepEqual((made as { status?: unknown }).status, { observedGeneration: -1 });
  const status = { observedGeneration: 1, domainStatus: 'Online' };
  const changed = { ...made, spec: { ...spec, domain: 'other.example' }, status };
  const kept = await cluster.replaceStatus(TENANTS, changed);
  assert.deepEqual(kept.status, status);
  assert.deepEqual(kept.spec, spec);
  await assert.rejects(cluster.replaceStatus(TENANTS, changed), refusedAs('Conflict'));
});

test('who has no rights is Forbidden, who is unknown is Unauthorized, what is wrong is Invalid', async () => {
  const nobody = connect(api.connection('nobody'), deps);
  await assert.rejects(nobody.get(CORE.configMaps, 'x', namespace), refusedAs('Forbidden'));
  const unknown = connect({ ...api.connection('admin'), token: () => 'wrong' }, deps);
  await assert.rejects(unknown.get(CORE.configMaps, 'x', namespace), refusedAs('Unauthorized'));
  const misnamed = configMap(namespace, 'Not_A_Name', '1');
  await assert.rejects(cluster.create(CORE.configMaps, misnamed), refusedAs('Invalid'));
});

test('an error never quotes a Secret', async () => {
  const value = 'c2VjcmV0LXZhbHVl!not-base64';
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace } };
  const wrong: object[] = [{ data: { k: value } }, { data: { k: { nested: value } } }];
  for (const fields of wrong) {
    for (const verb of ['create', 'apply'] as const) {
      const asked = cluster[verb]<Secret>(CORE.secrets, { ...secret, ...fields } as Secret);
      const error: unknown = await asked.catch((error: unknown) => error);
      assert.ok(error instanceof WireError, 'refused');
      assert.ok(!`${error.message}${String(error.cause)}`.includes(value), error.message);
    }
  }
});

test('a namespaced type without a namespace is a programming error, not another address', async () => {
  await assert.rejects(async () => cluster.get(CORE.configMaps, 'x'), TypeError);
});

test('a silent API server is Unreachable in time, and reachable again when it wakes', async () => {
  const hasty = connect(api.connection('admin'), { ...deps, timing: { request: 700 } });
  await hasty.get(CORE.namespaces, namespace);
  await api.pause();
  try {
    await assert.rejects(hasty.get(CORE.namespaces, namespace), refusedAs('Unreachable'));
  } finally {
    api.resume();
  }
  await until('an answer', () => hasty.get(CORE.namespaces, namespace));
});

test('a pooled connection that died unnoticed is replaced within the request', async () => {
  await using relay = await startRelay(api.url);
  const through = connect({ ...api.connection('admin'), server: relay.url }, deps);
  await through.get(CORE.namespaces, namespace);
  relay.cut();
  assert.notEqual(await through.get(CORE.namespaces, namespace), undefined);
  assert.equal(relay.accepted, 2);
});

test('a throttled request comes again when it was told to, and says so when that was not enough', async () => {
  const throttled = connect(api.connection('throttled'), deps);
  await cluster.create(CORE.configMaps, configMap(namespace, 'large', 'x'.repeat(900_000)));
  await api.kubectl(['create', 'clusterrolebinding', 'throttled', '--clusterrole=cluster-admin', '--user=throttled']);
  const { code, stderr } = await api.kubectl(['apply', '-f', '-'], JSON.stringify(ONE_SEAT));
  assert.equal(code, 0, stderr);

  const ask = async (): Promise<{ ms: number; error?: unknown }> => {
    const started = performance.now();
    const error = await throttled.get(CORE.configMaps, 'large', namespace).then(
      () => undefined,
      (error: unknown) => error,
    );
    return { ms: performance.now() - started, error };
  };
  const answers = await until('throttling', async () => {
    const round = await Promise.all(Array.from({ length: 60 }, ask));
    return round.some(({ ms }) => ms > 1000) ? round : undefined;
  });
  const refused = answers.filter(({ error }) => error !== undefined);
  assert.ok(answers.some(({ ms, error }) => error === undefined && ms > 1000));
  assert.ok(refused.every(({ error }) => error instanceof WireError && error.code === 'Throttled'));
  // How long it is told to wait is for the API server to say; it grows.
  assert.ok(refused.every(({ error }) => Number((error as WireError).retryAfter) >= 1));
  assert.ok(refused.every(({ ms }) => ms >= 1000));
});

/** A priority level where one request runs at a time, and all others are turned away. */
const FLOW = 'flowcontrol.apiserver.k8s.io/v1';
const ONE_SEAT = {
  apiVersion: 'v1',
  kind: 'List',
  items: [
    {
      apiVersion: FLOW,
      kind: 'PriorityLevelConfiguration',
      metadata: { name: 'one-seat' },
      spec: {
        type: 'Limited',
        limited: { nominalConcurrencyShares: 0, borrowingLimitPercent: 0, limitResponse: { type: 'Reject' } },
      },
    },
    {
      apiVersion: FLOW,
      kind: 'FlowSchema',
      metadata: { name: 'one-seat' },
      spec: {
        matchingPrecedence: 2,
        priorityLevelConfiguration: { name: 'one-seat' },
        rules: [
          {
            subjects: [{ kind: 'User', user: { name: 'throttled' } }],
            resourceRules: [
              { verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] },
            ],
          },
        ],
      },
    },
  ],
};
