import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConfigMap, KubeObject, OidcClient } from '#crds/schema/kinds.ts';
import { type Cluster, CORE, type ResourceType } from '#crds/wire/cluster.ts';
import { until } from '#test/support/program.ts';

/**
 * What everything above the wire relies on. The same list runs over the folder and over a real API server, so that the
 * no-cluster mode cannot drift away from the cluster.
 */

export interface Subject {
  cluster: Cluster;
  /** A namespace that is there and empty. */
  namespace: string;
}

const OIDC_CLIENTS: ResourceType = {
  apiVersion: 'sso-operator.dev/v1alpha1',
  kind: 'OidcClient',
  plural: 'oidcclients',
  namespaced: true,
};

const configMap = (namespace: string, name: string, data: Record<string, string>, labels = {}): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace, labels },
  data,
});

const version = (object: KubeObject | undefined): bigint => BigInt(object?.metadata.resourceVersion ?? -1);

/** Writes down everything a watch tells. */
function record(cluster: Cluster, type: ResourceType, scope: object, signal: AbortSignal): string[] {
  const told: string[] = [];
  cluster.watch(
    type,
    scope,
    {
      replaced: objects =>
        told.push(
          `all ${objects
            .map(({ metadata }) => metadata.name)
            .sort()
            .join(',')}`,
        ),
      changed: ({ metadata }) => told.push(`+${metadata.name}`),
      deleted: ({ metadata }) => told.push(`-${metadata.name}`),
    },
    signal,
  );
  return told;
}

const settled = (told: string[], wanted: string[]): Promise<void> =>
  until(
    `${wanted.join(' ')} (told: ${told.join(' ')})`,
    async () => (told.length >= wanted.length ? true : undefined),
    10,
  ).then(() => assert.deepEqual(told, wanted));

export function clusterConformance(subject: () => Subject): void {
  writes(subject);
  removals(subject);
  watches(subject);
}

function writes(subject: () => Subject): void {
  test('create gives uid, resourceVersion and time; a second create is AlreadyExists', async () => {
    const { cluster, namespace } = subject();
    const made = await cluster.create(CORE.configMaps, configMap(namespace, 'made', { a: '1' }));
    assert.match(made.metadata.uid ?? '', /^[0-9a-f-]{36}$/);
    assert.match(made.metadata.resourceVersion ?? '', /^\d+$/);
    assert.ok(Math.abs(Date.parse(made.metadata.creationTimestamp ?? '') - Date.now()) < 60_000);
    await assert.rejects(cluster.create(CORE.configMaps, configMap(namespace, 'made', {})), { code: 'AlreadyExists' });
    assert.deepEqual(await cluster.get(CORE.configMaps, 'made', namespace), made);
  });

  test('get of nothing is undefined, create in no namespace is NotFound', async () => {
    const { cluster, namespace } = subject();
    assert.equal(await cluster.get(CORE.configMaps, 'nothing', namespace), undefined);
    await assert.rejects(cluster.create(CORE.configMaps, configMap('no-such-namespace', 'x', {})), {
      code: 'NotFound',
    });
  });

  test('apply creates, changes and keeps the uid; the same again is no write', async () => {
    const { cluster, namespace } = subject();
    const first = await cluster.apply(CORE.configMaps, configMap(namespace, 'applied', { a: '1', b: '2' }));
    const second = await cluster.apply(CORE.configMaps, configMap(namespace, 'applied', { a: '3' }));
    assert.deepEqual(second.data, { a: '3' });
    assert.equal(second.metadata.uid, first.metadata.uid);
    assert.ok(version(second) > version(first));
    const third = await cluster.apply(CORE.configMaps, configMap(namespace, 'applied', { a: '3' }));
    assert.equal(third.metadata.resourceVersion, second.metadata.resourceVersion);
  });

  test('apply and replace with an old resourceVersion are a Conflict', async () => {
    const { cluster, namespace } = subject();
    const old = await cluster.create(CORE.configMaps, configMap(namespace, 'moved', { a: '1' }));
    await cluster.apply(CORE.configMaps, configMap(namespace, 'moved', { b: '2' }));
    const wish = {
      ...old,
      metadata: { name: 'moved', namespace, resourceVersion: old.metadata.resourceVersion ?? '' },
    };
    await assert.rejects(cluster.apply(CORE.configMaps, { ...wish, data: { c: '3' } }), { code: 'Conflict' });
    await assert.rejects(cluster.replace(CORE.configMaps, { ...wish, data: { c: '3' } }), { code: 'Conflict' });
    const live = await cluster.get<ConfigMap>(CORE.configMaps, 'moved', namespace);
    assert.equal(live?.data?.b, '2');
  });

  test('apply with the resourceVersion of something that is gone makes it anew', async () => {
    const { cluster, namespace } = subject();
    const made = await cluster.create(CORE.configMaps, configMap(namespace, 'gone', {}));
    await cluster.delete(CORE.configMaps, 'gone', namespace);
    const wish = configMap(namespace, 'gone', {});
    wish.metadata.resourceVersion = made.metadata.resourceVersion ?? '';
    const again = await cluster.apply(CORE.configMaps, wish);
    assert.notEqual(again.metadata.uid, made.metadata.uid);
  });

  test('a merge patch takes fields away that create put there, and minds the resourceVersion', async () => {
    const { cluster, namespace } = subject();
    const made = await cluster.create(CORE.configMaps, configMap(namespace, 'merged', { a: '1', b: '2' }, { l: 'x' }));
    const metadata = { name: 'merged', namespace };
    const patched = await cluster.merge<ConfigMap>(CORE.configMaps, { metadata, data: { a: null } });
    assert.deepEqual([patched.data, patched.metadata.labels], [{ b: '2' }, { l: 'x' }]);
    const resourceVersion = made.metadata.resourceVersion ?? '';
    const old = { metadata: { ...metadata, resourceVersion }, data: { b: null } };
    await assert.rejects(cluster.merge(CORE.configMaps, old), { code: 'Conflict' });
    const absent = { metadata: { name: 'absent', namespace } };
    await assert.rejects(cluster.merge(CORE.configMaps, absent), { code: 'NotFound' });
  });
}

function removals(subject: () => Subject): void {
  test('delete is content when there is nothing, and with a uid spares the successor', async () => {
    const { cluster, namespace } = subject();
    await cluster.delete(CORE.configMaps, 'never', namespace);
    const first = await cluster.create(CORE.configMaps, configMap(namespace, 'twice', {}));
    await cluster.delete(CORE.configMaps, 'twice', namespace, first.metadata.uid);
    const second = await cluster.create(CORE.configMaps, configMap(namespace, 'twice', {}));
    assert.notEqual(second.metadata.uid, first.metadata.uid);
    await cluster.delete(CORE.configMaps, 'twice', namespace, first.metadata.uid);
    assert.equal((await cluster.get(CORE.configMaps, 'twice', namespace))?.metadata.uid, second.metadata.uid);
  });

  test('the generation counts changes of the spec, and status is written apart from it', async () => {
    const { cluster, namespace } = subject();
    const wish: OidcClient = {
      apiVersion: 'sso-operator.dev/v1alpha1',
      kind: 'OidcClient',
      metadata: { name: 'app', namespace },
      spec: {
        tenantRef: { name: 'acme' },
        type: 'Public',
        redirectUris: ['https://app.localhost/cb'],
        access: { everyone: true },
      },
    };
    const made = await cluster.create(OIDC_CLIENTS, wish);
    assert.equal(made.metadata.generation, 1);
    const status = { observedGeneration: 1, clientId: 'app' };
    const told = await cluster.replaceStatus(OIDC_CLIENTS, {
      ...made,
      spec: { ...made.spec, skipConsent: true },
      status,
    });
    assert.equal(told.status?.clientId, 'app');
    assert.equal(told.spec.skipConsent, undefined);
    assert.equal(told.metadata.generation, 1);
    await assert.rejects(cluster.replaceStatus(OIDC_CLIENTS, { ...made, status }), { code: 'Conflict' });

    const edited = await cluster.apply(OIDC_CLIENTS, { ...wish, spec: { ...wish.spec, skipConsent: true } });
    assert.equal(edited.metadata.generation, 2);
    assert.equal(edited.status?.clientId, 'app');
  });
}

function watches(subject: () => Subject): void {
  test('a watch begins with the whole truth and then tells changes and deletions in order', async t => {
    const { cluster, namespace } = subject();
    const stop = new AbortController();
    t.after(() => stop.abort());
    await cluster.create(CORE.configMaps, configMap(namespace, 'w1', {}, { watched: 'yes' }));
    const told = record(cluster, CORE.configMaps, { namespace, labelSelector: 'watched=yes' }, stop.signal);
    await settled(told, ['all w1']);
    await cluster.create(CORE.configMaps, configMap(namespace, 'w2', {}, { watched: 'yes' }));
    await cluster.create(CORE.configMaps, configMap(namespace, 'w3', {}, { watched: 'no' }));
    await cluster.apply(CORE.configMaps, configMap(namespace, 'w1', { now: '2' }, { watched: 'yes' }));
    await cluster.delete(CORE.configMaps, 'w1', namespace);
    await settled(told, ['all w1', '+w2', '+w1', '-w1']);
  });

  test('an object that no longer fits the selector is told as deleted', async t => {
    const { cluster, namespace } = subject();
    const stop = new AbortController();
    t.after(() => stop.abort());
    const one = { namespace, fieldSelector: 'metadata.name=s1', labelSelector: 'kept' };
    await cluster.apply(CORE.configMaps, configMap(namespace, 's1', {}, { kept: 'yes' }));
    await cluster.apply(CORE.configMaps, configMap(namespace, 's2', {}, { kept: 'yes' }));
    const told = record(cluster, CORE.configMaps, one, stop.signal);
    await settled(told, ['all s1']);
    await cluster.apply(CORE.configMaps, configMap(namespace, 's1', {}, {}));
    await settled(told, ['all s1', '-s1']);
  });

  test('a Namespace bears its name as a label', async () => {
    const { cluster, namespace } = subject();
    const found = await cluster.get(CORE.namespaces, namespace);
    assert.equal(found?.metadata.labels?.['kubernetes.io/metadata.name'], namespace);
  });
}
