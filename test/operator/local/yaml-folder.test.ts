import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { CORE } from '#crds/wire/cluster.ts';
import { applyWish } from '#operator/local/apply-folder.ts';
import { FolderCluster } from '#operator/local/folder-cluster.ts';
import { OUR_TYPES } from '#operator/local/kube-documents.ts';
import { type YamlFolder, yamlFolder } from '#operator/local/yaml-folder.ts';

let directory = '';
let cluster: FolderCluster;
let folder: YamlFolder;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sso-yaml-'));
  cluster = new FolderCluster({ now: () => new Date(), newUid: () => randomUUID() });
  folder = yamlFolder({ directory, live: (type, object) => cluster.peek(type, object), reserved: ['sso-idp'] });
});
afterEach(() => rm(directory, { recursive: true }));

const save = (name: string, text: string): Promise<void> => writeFile(join(directory, name), text);

async function applied(): Promise<{ changes: string[]; problems: string[] }> {
  const wish = await folder.read();
  const changes = await applyWish(cluster, wish);
  return {
    changes: changes.map(({ verb, kind, namespace, name }) => `${verb} ${kind} ${namespace}/${name}`),
    problems: wish.problems.map(
      ({ file, line, column, message }) => `${file.split('/').at(-1)}:${line}:${column}: ${message}`,
    ),
  };
}

const client = (name: string, uri: string): string => `apiVersion: sso-operator.dev/v1alpha1
kind: OidcClient
metadata: {name: ${name}, namespace: team}
spec:
  tenantRef: {name: acme}
  type: Public
  redirectUris: ["${uri}"]
  access: {everyone: true}
`;
const CLIENTS = OUR_TYPES.OidcClient ?? CORE.configMaps;

test('files are applied, edits are changes, the same again is none, removal deletes', async () => {
  await save('a.yaml', client('a', 'https://a.localhost/cb'));
  assert.deepEqual((await applied()).changes, ['created Namespace /team', 'created OidcClient team/a']);
  assert.deepEqual((await applied()).changes, []);
  assert.equal(await folder.isStale(), false);
  await save('a.yaml', client('a', 'https://a.localhost/other'));
  assert.equal(await folder.isStale(), true);
  const uid = cluster.list(CLIENTS)[0]?.metadata.uid;
  assert.deepEqual((await applied()).changes, ['changed OidcClient team/a']);
  assert.equal(cluster.list(CLIENTS)[0]?.metadata.uid, uid);
  await rm(join(directory, 'a.yaml'));
  assert.deepEqual((await applied()).changes, ['deleted OidcClient team/a', 'deleted Namespace /team']);
});

test('a broken file keeps its last good state, other files go on, and nothing is deleted meanwhile', async () => {
  await mkdir(join(directory, 'sub'));
  await save('a.yaml', client('a', 'https://a.localhost/cb'));
  await save('sub/b.yaml', client('b', 'https://b.localhost/cb'));
  await applied();
  await save('a.yaml', client('a', 'https://a.localhost/cb').replace('kind: OidcClient', 'kind: [OidcClient'));
  await save('sub/b.yaml', client('c', 'https://c.localhost/cb'));
  const { changes, problems } = await applied();
  assert.match(problems[0] ?? '', /^a\.yaml:\d+:\d+: /);
  assert.deepEqual(changes, ['created OidcClient team/c']);
  assert.deepEqual(
    cluster.list(CLIENTS).map(({ metadata }) => metadata.name),
    ['a', 'b', 'c'],
  );
  await save('a.yaml', client('a', 'https://a.localhost/cb'));
  assert.deepEqual((await applied()).changes, ['deleted OidcClient team/b']);
});

test('a file that is broken at the start deletes nothing of an earlier run', async () => {
  await save('a.yaml', client('a', 'https://a.localhost/cb'));
  await applied();
  await save('a.yaml', 'a: [');
  folder = yamlFolder({ directory, live: (type, object) => cluster.peek(type, object), reserved: [] });
  await applied();
  assert.equal(cluster.list(CLIENTS).length, 1);
});

test('an object that stands twice is a problem of the later file', async () => {
  await save('a.yaml', client('a', 'https://first.localhost/cb'));
  await save('b.yaml', client('a', 'https://second.localhost/cb'));
  const { problems } = await applied();
  assert.match(problems.join(), /^b\.yaml:3:18: OidcClient a stands in .*a\.yaml:3 already$/);
  assert.match(JSON.stringify(cluster.list(CLIENTS)), /first\.localhost/);
});

test("an object in the IdP's own namespace is refused", async () => {
  await save('a.yaml', client('a', 'https://a.localhost/cb').replace('namespace: team', 'namespace: sso-idp'));
  assert.match(
    (await applied()).problems.join(),
    /^a\.yaml:3:32: the namespace sso-idp belongs to the identity provider$/,
  );
});

test('an object that moves to another file is not deleted on the way', async () => {
  await save('a.yaml', client('a', 'https://a.localhost/cb'));
  await applied();
  const uid = cluster.list(CLIENTS)[0]?.metadata.uid;
  await rename(join(directory, 'a.yaml'), join(directory, 'z.yaml'));
  await applied();
  assert.equal(cluster.list(CLIENTS)[0]?.metadata.uid, uid);
});
