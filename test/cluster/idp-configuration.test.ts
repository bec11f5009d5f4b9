import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { isAtLeast } from '#crds/schema/acknowledgement.ts';
import { DOCUMENT_KEY } from '#crds/schema/live-config.ts';
import { makeClient, type Pair } from '#test/idp/tenants/fixture.ts';
import { until } from '#test/support/program.ts';
import { type IdpBench, type Replica, startIdpBench } from './idp-bench.ts';

/** The live configuration on a real API server: two replicas, one of them behind whatever goes wrong. */

const HOST = 'acme.localhost';
const OLD = 'https://wiki.example/cb';

let bench: IdpBench;
let tenant: Pair;

before(async () => {
  bench = await startIdpBench(2);
  tenant = await bench.tenant('acme');
  await bench.put(makeClient('uid-acme', 'wiki', { redirectUris: [OLD] }));
  await everywhere(OLD, true);
});
after(() => bench[Symbol.asyncDispose]());

const isTrue = (value: boolean): true | undefined => (value ? true : undefined);

async function everywhere(redirectUri: string, isAccepted: boolean, seconds = 20): Promise<void> {
  for (const replica of bench.replicas)
    await until(
      `${redirectUri} at ${replica.name}`,
      async () => isTrue((await replica.accepts(HOST, redirectUri)) === isAccepted),
      seconds,
    );
}

function redirectTo(redirectUri: string): Promise<Pair> {
  return bench.put(makeClient('uid-acme', 'wiki', { redirectUris: [redirectUri] }));
}

async function hasSaid(replica: Replica, pair: Pair): Promise<boolean> {
  const said = await bench.said(replica);
  return isAtLeast(said.configMaps, pair.configMap.metadata.resourceVersion ?? '');
}

async function acknowledged(pair: Pair, replicas = bench.replicas): Promise<void> {
  for (const replica of replicas)
    await until(`${replica.name} acknowledges`, async () => isTrue(await hasSaid(replica, pair)), 20);
}

test('the Lease of a replica is named after its Pod, labelled, and owned by the Pod', async () => {
  const [replica] = bench.replicas;
  assert.ok(replica);
  const lease = await bench.lease(replica);
  assert.equal(lease?.metadata.labels?.['sso-operator.dev/replica'], 'true');
  const owners = lease?.metadata.ownerReferences?.map(({ kind, name, uid }) => [kind, name, uid]);
  assert.deepEqual(owners, [['Pod', replica.name, `uid-of-${replica.name}`]]);
});

test('an edit is in use, and acknowledged, on both replicas within a second or so', async () => {
  const next = 'https://wiki.example/second';
  const start = performance.now();
  const pair = await redirectTo(next);
  await everywhere(next, true);
  const inUse = performance.now() - start;
  await acknowledged(pair);
  console.log(
    `in use on two replicas after ${Math.round(inUse)} ms, acknowledged after ${Math.round(performance.now() - start)} ms`,
  );
  await everywhere(OLD, false);
});

test('a replica that stands still does not acknowledge, and does when it goes on', async () => {
  const [moving, still] = bench.replicas;
  assert.ok(moving && still);
  still.program.signal('SIGSTOP');
  try {
    const pair = await redirectTo('https://wiki.example/third');
    await acknowledged(pair, [moving]);
    await delay(1_000);
    assert.equal(await hasSaid(still, pair), false);
    still.program.signal('SIGCONT');
    await acknowledged(pair, [still]);
  } finally {
    still.program.signal('SIGCONT');
  }
});

test('a ConfigMap that somebody damaged by hand is refused by name; the last good one serves until it is repaired', async () => {
  const good = await redirectTo('https://wiki.example/good');
  await acknowledged(good);
  const patch = JSON.stringify({ data: { [DOCUMENT_KEY]: '{"broken' } });
  const name = good.configMap.metadata.name;
  const patched = await bench.api.kubectl(['patch', 'configmap', name, '-n', 'sso-idp', '--type=merge', '-p', patch]);
  assert.equal(patched.code, 0, patched.stderr);
  for (const replica of bench.replicas)
    await until('the refusal is told', async () => isTrue((await bench.said(replica)).rejected.includes('uid-wiki')));
  await everywhere('https://wiki.example/good', true);
  assert.match(bench.replicas[0]?.program.output() ?? '', /"object":"sso-c-uid-wiki","code":"NotJson"/);
  await acknowledged(await redirectTo('https://wiki.example/repaired'));
  for (const replica of bench.replicas) assert.deepEqual((await bench.said(replica)).rejected, []);
  await everywhere('https://wiki.example/repaired', true);
});

test('connections that are cut heal without a restart; people are served meanwhile', async () => {
  for (const replica of bench.replicas) {
    replica.relay.refuse(true);
    replica.relay.cut();
  }
  const pair = await redirectTo('https://wiki.example/after-the-cut');
  await delay(500);
  for (const replica of bench.replicas) assert.equal((await replica.get(HOST, '/')).status, 200);
  for (const replica of bench.replicas) replica.relay.refuse(false);
  await everywhere('https://wiki.example/after-the-cut', true, 40);
  await acknowledged(pair);
});

test('an API server that restarts is found again', async () => {
  await bench.api.restart();
  const pair = await redirectTo('https://wiki.example/after-the-restart');
  await everywhere('https://wiki.example/after-the-restart', true, 40);
  await acknowledged(pair);
});

test('foreign traffic makes the IdP write nothing', async () => {
  await delay(1_000);
  const before = await bench.writes();
  for (let i = 0; i < 100; i += 1) {
    const script = [
      'create',
      'configmap',
      `foreign-${i}`,
      '-n',
      i % 2 === 0 ? 'default' : 'sso-idp',
      '--from-literal=a=b',
    ];
    if (i < 10) await bench.api.kubectl(script);
    else
      await bench.admin.apply(
        { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true },
        foreign(i),
      );
  }
  await delay(3_000);
  assert.equal(await bench.writes(), before);
});

function foreign(i: number) {
  const namespace = i % 2 === 0 ? 'default' : 'sso-idp';
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `foreign-${i}`, namespace }, data: { a: 'b' } };
}

test('a bulk of 300 clients is acknowledged in a few writes', async () => {
  const before = await bench.writes();
  const pairs = Array.from({ length: 300 }, (_, i) => makeClient('uid-acme', `bulk${i}`));
  const stored: Pair[] = [];
  for (let i = 0; i < pairs.length; i += 20)
    stored.push(...(await Promise.all(pairs.slice(i, i + 20).map(pair => bench.put(pair)))));
  const last = stored.reduce((a, b) => (isAtLeast(versionOf(a), versionOf(b)) ? a : b));
  await acknowledged(last);
  const writes = (await bench.writes()) - before;
  console.log(`300 clients: ${writes} Lease writes by two replicas`);
  assert.ok(writes <= 80, `${writes} writes`);
});

function versionOf(pair: Pair): string {
  return pair.configMap.metadata.resourceVersion ?? '0';
}

test('a deleted client and a deleted tenant are forgotten', async () => {
  const client = await redirectTo(OLD);
  await acknowledged(client);
  await bench.drop(client);
  for (const replica of bench.replicas)
    await until('the client is gone', async () =>
      isTrue((await replica.get(HOST, '/auth?client_id=apps.wiki')).status === 400),
    );
  await everywhere(OLD, false);
  await bench.drop(tenant);
  for (const replica of bench.replicas)
    await until('the tenant is gone', () =>
      replica.get(HOST, '/').then(
        () => undefined,
        () => true as const,
      ),
    );
});

test('a replica leaves in order: not ready first, exit code 0', async () => {
  const [replica] = bench.replicas;
  assert.ok(replica);
  assert.equal(await replica.program.stop(), 0);
  assert.match(replica.program.output(), /"msg":"stopped"/);
});
