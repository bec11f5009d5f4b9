import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { ConfigMap, KubeObject } from '#crds/schema/kinds.ts';
import { CORE } from '#crds/wire/cluster.ts';
import { FolderCluster } from '#operator/local/folder-cluster.ts';
import { followLeases } from '#operator/local/lease-files.ts';
import { objectFiles } from '#operator/local/object-files.ts';
import { until } from '#test/support/program.ts';
import { clusterConformance } from './cluster-conformance.ts';

const IDP = 'sso-idp';
let directory = '';
let cluster: FolderCluster;

const open = (): FolderCluster =>
  new FolderCluster({ now: () => new Date(), newUid: () => randomUUID(), files: objectFiles(directory, IDP) });

const namespaceObject = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });

const configMap = (name: string, data: Record<string, string>): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  data,
  metadata: { name, namespace: IDP },
});

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sso-folder-'));
  cluster = open();
  await cluster.create(CORE.namespaces, namespaceObject('team'));
  await cluster.create(CORE.namespaces, namespaceObject(IDP));
});
after(() => rm(directory, { recursive: true }));

clusterConformance(() => ({ cluster, namespace: 'team' }));

test("objects of the IdP's namespace are whole JSON files that only their owner reads", async () => {
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's1', namespace: IDP }, data: { a: 'YQ==' } };
  const made = await cluster.create(CORE.secrets, secret);
  const path = join(directory, 'secrets', 's1.json');
  assert.deepEqual(JSON.parse(await readFile(path, 'utf8')), made);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.equal((await stat(join(directory, 'secrets'))).mode & 0o777, 0o700);
  await cluster.delete(CORE.secrets, 's1', IDP);
  assert.deepEqual(await readdir(join(directory, 'secrets')), []);
});

test('a Secret of another namespace is kept where the IdP does not look', async () => {
  await cluster.create(CORE.secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'app', namespace: 'team' },
  });
  assert.deepEqual(await readdir(join(directory, 'secrets')), []);
  assert.deepEqual(await readdir(join(directory, 'namespaces', 'team', 'secrets')), ['app.json']);
});

test('a second start finds every object again and counts resourceVersions on', async () => {
  const kept = await cluster.apply(CORE.configMaps, configMap('kept', { a: '1' }));
  const reopened = open();
  assert.deepEqual(await reopened.get(CORE.configMaps, 'kept', IDP), kept);
  const next = await reopened.apply(CORE.configMaps, configMap('kept', { a: '2' }));
  assert.ok(Number(next.metadata.resourceVersion) > Number(kept.metadata.resourceVersion));
  assert.equal(next.metadata.uid, kept.metadata.uid);
});

test('a file that was damaged by hand counts as gone and does not stop the start', async () => {
  await writeFile(join(directory, 'configmaps', 'kept.json'), '{"apiVersion": "v1", "ki');
  assert.equal(await open().get(CORE.configMaps, 'kept', IDP), undefined);
});

test('Leases of replicas come in from the folder; those of an earlier run are forgotten', async t => {
  const stop = new AbortController();
  t.after(() => stop.abort());
  const lease = (loaded: string) => ({
    apiVersion: CORE.leases.apiVersion,
    kind: 'Lease',
    spec: {},
    metadata: { name: 'local', namespace: 'elsewhere', annotations: { loaded } },
  });
  await mkdir(join(directory, 'leases'), { recursive: true });
  await writeFile(join(directory, 'leases', 'stale.json'), JSON.stringify(lease('0')));
  await followLeases(directory, { cluster, namespace: IDP, onError: error => assert.fail(String(error)) }, stop.signal);
  await writeFile(join(directory, 'leases', '.draft'), JSON.stringify(lease('1')));
  await rename(join(directory, 'leases', '.draft'), join(directory, 'leases', 'local.json'));
  const found = await until('lease', () => cluster.get(CORE.leases, 'local', IDP), 3);
  assert.equal(found.metadata.annotations?.loaded, '1');
  assert.equal(await cluster.get(CORE.leases, 'stale', IDP), undefined);
});
