import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Secret } from '#crds/schema/kinds.ts';
import { CORE } from '#crds/wire/cluster.ts';
import { until } from '#test/support/program.ts';
import {
  type Bench,
  clientOf,
  EVERYTHING,
  IDP,
  publishReplicas,
  startBench,
  tenantOf,
  USERS,
  usersSecret,
} from './operator-bench.ts';

let bench: Bench;
before(async () => {
  bench = await startBench();
  await bench.namespace('team-acme');
  await bench.apply(usersSecret('team-acme'));
  await bench.apply(tenantOf('team-acme', 'acme'));
  await bench.apply(clientOf('team-acme', 'app'));
  await bench.start({ settings: { secretRecheckSeconds: 1 } });
  await publishReplicas(bench, { 'idp-0': EVERYTHING });
  await bench.ready(acme);
  await bench.ready(app);
});
after(() => bench[Symbol.asyncDispose]());

const acme = { kind: 'SsoTenant', namespace: 'team-acme', name: 'acme' } as const;
const app = { kind: 'OidcClient', namespace: 'team-acme', name: 'app' } as const;
const text = (secret: Secret | undefined, key: string) => Buffer.from(secret?.data?.[key] ?? '', 'base64').toString();
const tenantUid = async () => (await bench.tenant('team-acme', 'acme'))?.metadata.uid ?? '';
const clientUid = async () => (await bench.client('team-acme', 'app'))?.metadata.uid ?? '';

async function kubectl(...args: string[]): Promise<void> {
  const { code, stderr } = await bench.api.kubectl(args);
  assert.equal(code, 0, stderr);
}

test('a deleted and an edited child in the namespace of the IdP are repaired, and the keys stay the same', async () => {
  const name = `sso-t-${await tenantUid()}-keys`;
  const keys = text(await bench.secret(IDP, name), 'keys.json');
  await kubectl('delete', 'secret', name, '-n', IDP);
  await until('the keys are back', async () => await bench.secret(IDP, name));
  assert.equal(text(await bench.secret(IDP, name), 'keys.json'), keys);

  const configMap = `sso-c-${await clientUid()}`;
  await kubectl(
    'patch',
    'configmap',
    configMap,
    '-n',
    IDP,
    '--type=merge',
    '-p',
    '{"data":{"document.json":"{}","more":"x"}}',
  );
  await until('the document is whole again', async () => {
    const data = (await bench.configMap(await clientUid(), 'c'))?.data ?? {};
    return data['more'] === undefined && data['document.json']?.includes('team-acme.app') === true ? true : undefined;
  });
});

test("the application's Secret is repaired, follows its wishes, and keeps its value when it moves", async () => {
  const value = text(await bench.secret('team-acme', 'app-oidc'), 'client_secret');
  await kubectl('patch', 'secret', 'app-oidc', '-n', 'team-acme', '--type=merge', '-p', '{"data":{"issuer":"eA=="}}');
  await until('the issuer is back', async () =>
    text(await bench.secret('team-acme', 'app-oidc'), 'issuer').startsWith('https://') ? true : undefined,
  );
  const wished = { name: 'app-oidc', keys: { clientId: ['ID'] }, labels: { team: 'a' } };
  await bench.apply(clientOf('team-acme', 'app', { secret: wished }));
  await until('the wish', async () => ((await bench.secret('team-acme', 'app-oidc'))?.data?.['ID'] ? true : undefined));
  await bench.apply(clientOf('team-acme', 'app', { secret: { name: 'app-oidc' } }));
  const plain = await until('the wish is gone', async () => {
    const secret = await bench.secret('team-acme', 'app-oidc');
    return secret?.data?.['ID'] === undefined && secret?.metadata.labels?.['team'] === undefined ? secret : undefined;
  });
  assert.equal(text(plain, 'client_secret'), value);

  await bench.apply(clientOf('team-acme', 'app', { secret: { name: 'moved' } }));
  const moved = await until('the Secret moved', () => bench.secret('team-acme', 'moved'));
  assert.equal(text(moved, 'client_secret'), value);
  await until('the old one is gone', async () =>
    (await bench.secret('team-acme', 'app-oidc')) === undefined ? true : undefined,
  );
  await kubectl('delete', 'secret', 'moved', '-n', 'team-acme');
  const minted = await until('a new secret', () => bench.secret('team-acme', 'moved'));
  assert.notEqual(text(minted, 'client_secret'), value);
  await bench.ready(app);
});

test('a Secret of somebody else is never overwritten', async () => {
  const foreign = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'theirs', namespace: 'team-acme' } };
  await bench.apply({ ...foreign, stringData: { client_secret: 'their own' } });
  await bench.apply(clientOf('team-acme', 'clash', { secret: { name: 'theirs' } }));
  const clash = { kind: 'OidcClient', namespace: 'team-acme', name: 'clash' } as const;
  await bench.condition(clash, 'CredentialsReady', { status: 'False', reason: 'ResourceConflict' });
  assert.equal(text(await bench.secret('team-acme', 'theirs'), 'client_secret'), 'their own');
  await bench.apply(clientOf('team-acme', 'clash', { secret: { name: 'first' } }));
  const first = await until('a place of its own', () => bench.secret('team-acme', 'first'));
  await bench.apply(clientOf('team-acme', 'clash', { secret: { name: 'theirs' } }));
  await bench.condition(clash, 'CredentialsReady', { status: 'False', reason: 'ResourceConflict' });
  // On the way through a name that was taken, neither the value nor the former place is forgotten.
  await bench.apply(clientOf('team-acme', 'clash', { secret: { name: 'last' } }));
  const last = await until('the last place', () => bench.secret('team-acme', 'last'));
  assert.equal(text(last, 'client_secret'), text(first, 'client_secret'));
  await until('the first is gone', async () =>
    (await bench.secret('team-acme', 'first')) === undefined ? true : undefined,
  );
  await bench.apply(clientOf('team-acme', 'open', { type: 'Public', secret: { name: 'theirs' } }));
  const open = { ...clash, name: 'open' };
  await bench.ready(open);
  await bench.condition(open, 'Advisory', { status: 'True', reason: 'SecretNameTaken' });
});

test('a broken users.yaml is named by line, never quoted, and the last good list stays', async () => {
  const name = `sso-t-${await tenantUid()}-source-people`;
  await bench.apply(usersSecret('team-acme', 'people', `${USERS}- username: grace\n  password: hunter2\n`));
  await bench.condition(acme, 'SourcesReady', { status: 'False', reason: 'UsersInvalid' });
  const status = JSON.stringify((await bench.tenant('team-acme', 'acme'))?.status);
  assert.match(status, /line 6/);
  assert.ok(!status.includes('hunter2') && !status.includes('grace'));
  assert.equal(text(await bench.secret(IDP, name), 'users.yaml'), USERS);
  await bench.apply(usersSecret('team-acme'));
  await bench.ready(acme);
});

test('a client takes a default id of another namespace from nobody, and the default beats who squats on it', async () => {
  await bench.namespace('victim');
  await bench.apply(tenantOf('team-acme', 'wide', { clients: { from: 'All' } }));
  const tenantRef = { name: 'wide', namespace: 'team-acme' };
  await bench.apply(clientOf('team-acme', 'squat', { tenantRef, clientId: 'victim.app' }));
  const squat = { kind: 'OidcClient', namespace: 'team-acme', name: 'squat' } as const;
  await bench.condition(squat, 'Accepted', { status: 'False', reason: 'ClientIdConflict' });
  await bench.apply(clientOf('victim', 'app', { tenantRef }));
  await bench.ready({ kind: 'OidcClient', namespace: 'victim', name: 'app' });
});

test('max lets in so many, and the next one when a place is free', async () => {
  await bench.apply(tenantOf('team-acme', 'small', { clients: { from: 'Same', max: 1 } }));
  const tenantRef = { name: 'small' };
  await bench.apply(clientOf('team-acme', 'one', { tenantRef }));
  await bench.ready({ kind: 'OidcClient', namespace: 'team-acme', name: 'one' });
  await bench.apply(clientOf('team-acme', 'two', { tenantRef }));
  const two = { kind: 'OidcClient', namespace: 'team-acme', name: 'two' } as const;
  await bench.condition(two, 'Accepted', { status: 'False', reason: 'QuotaExceeded' });
  await kubectl('delete', 'oidcclient', 'one', '-n', 'team-acme');
  await bench.ready(two);
});

test('an object of our name that is not ours stops us, and nothing is taken over', async () => {
  await bench.apply(clientOf('team-acme', 'named', { tenantRef: { name: 'nobody' } }));
  const uid = (await bench.client('team-acme', 'named'))?.metadata.uid ?? '';
  await bench.admin.create(CORE.configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `sso-c-${uid}`, namespace: IDP },
    data: { theirs: 'yes' },
  } as never);
  await bench.apply(tenantOf('team-acme', 'nobody'));
  const named = { kind: 'OidcClient', namespace: 'team-acme', name: 'named' } as const;
  await bench.condition(named, 'Programmed', { status: 'False', reason: 'ResourceConflict' });
  assert.deepEqual((await bench.configMap(uid, 'c'))?.data, { theirs: 'yes' });
});

test('what the API server refuses is said, and a secret that found no place is not made again and again', async () => {
  await bench.namespace('full');
  const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'none', namespace: 'full' } };
  await bench.apply({ ...quota, spec: { hard: { secrets: '0' } } });
  // Nobody counts here: the test says what the quota controller would have said.
  const status = JSON.stringify({ status: { hard: { secrets: '0' }, used: { secrets: '0' } } });
  await kubectl('patch', 'resourcequota', 'none', '-n', 'full', '--subresource=status', '--type=merge', '-p', status);
  await bench.apply(clientOf('full', 'app', { tenantRef: { name: 'wide', namespace: 'team-acme' } }));
  const blocked = { kind: 'OidcClient', namespace: 'full', name: 'app' } as const;
  await bench.condition(blocked, 'Programmed', { status: 'Unknown', reason: 'ReconcileFailed' });
  const uid = (await bench.client('full', 'app'))?.metadata.uid ?? '';
  const credentials = async () => (await bench.secret(IDP, `sso-c-${uid}-credentials`))?.metadata.resourceVersion;
  // The first attempt ends at the application's Secret, the next one keeps the value that was made for it.
  const first = await until('the credentials are written', credentials);
  await new Promise(resolve => setTimeout(resolve, 1500));
  assert.equal(await credentials(), first);
  await kubectl('delete', 'resourcequota', 'none', '-n', 'full');
  await bench.ready(blocked);
});

test('a finalizer of somebody else keeps nothing of ours alive', async () => {
  const held = clientOf('team-acme', 'held') as { metadata: object };
  await bench.apply({ ...held, metadata: { ...held.metadata, finalizers: ['example.com/hold'] } });
  await bench.ready({ kind: 'OidcClient', namespace: 'team-acme', name: 'held' });
  const uid = (await bench.client('team-acme', 'held'))?.metadata.uid ?? '';
  await kubectl('delete', 'oidcclient', 'held', '-n', 'team-acme', '--wait=false');
  await until('its children are gone', async () => {
    const left = [await bench.configMap(uid, 'c'), await bench.secret('team-acme', 'held-oidc')];
    return left.every(it => it === undefined) ? true : undefined;
  });
  assert.ok(await bench.client('team-acme', 'held'));
  await kubectl(
    'patch',
    'oidcclient',
    'held',
    '-n',
    'team-acme',
    '--type=merge',
    '-p',
    '{"metadata":{"finalizers":null}}',
  );
});

test('the annotation reconcile: disabled stops reconciling and nothing else', async () => {
  const annotations = { 'sso-operator.dev/reconcile': 'disabled' };
  const off = clientOf('team-acme', 'app', { displayName: 'Later' }) as { metadata: object };
  await bench.apply({ ...off, metadata: { ...off.metadata, annotations } });
  await new Promise(resolve => setTimeout(resolve, 500));
  const document = async () => (await bench.configMap(await clientUid(), 'c'))?.data?.['document.json'] ?? '';
  assert.match(await document(), /"displayName": "app"/);
  await kubectl('annotate', 'oidcclient', 'app', '-n', 'team-acme', 'sso-operator.dev/reconcile-');
  await until('the edit', async () => ((await document()).includes('"Later"') ? true : undefined));
});

test('a tenant that is deleted takes its clients with it, also where a replica says nothing more', async () => {
  await publishReplicas(bench, { 'idp-0': { configMaps: '1', secrets: '1' } });
  const wide = (await bench.tenant('team-acme', 'wide'))?.metadata.uid ?? '';
  await kubectl('delete', 'ssotenant', 'wide', '-n', 'team-acme');
  await until('its documents are gone', async () => {
    const left = (await bench.children()).filter(
      it => it.kind === 'ConfigMap' && it.metadata.labels?.['sso-operator.dev/tenant-uid'] === wide,
    );
    return left.length === 0 ? true : undefined;
  });
  await publishReplicas(bench, { 'idp-0': EVERYTHING });
  const gone = { kind: 'OidcClient', namespace: 'full', name: 'app' } as const;
  await bench.condition(gone, 'Accepted', { status: 'False', reason: 'TenantNotAvailable' });
});
