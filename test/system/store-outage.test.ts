import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '#test/support/program.ts';
import { PASSWORD, startReplicas } from '#test/support/replicas.ts';
import { type Outcome, startLoad } from '#test/support/store-load.ts';
import { startValkey } from '#test/support/valkey.ts';
import { NO_VALKEY } from '#test/support/valkey-binary.ts';
import { startSentinelSet, startValkeyCluster } from '#test/support/valkey-sets.ts';
import { createVisitor, type Visitor } from '#test/support/visitor.ts';

/** The shared store goes away under load, in each topology: what people see, for how long, and that nobody is signed out. */

/** Milliseconds: a question waits two seconds at most; the rest is a machine that does ten things at once. */
const SLOWEST = 8000;

function report(name: string, { rounds, unavailable, outage, slowest, wrong }: Outcome): void {
  const broken = wrong.length === 0 ? '' : `, wrong: ${[...new Set(wrong)].join('; ')}`;
  console.log(`${name}: ${rounds} rounds, ${unavailable} were 503 within ${outage} ms, slowest ${slowest} ms${broken}`);
}

/** Throws when somebody was signed out: waiting would not help. */
async function isSignedIn(visitor: Visitor, replica: number): Promise<true | undefined> {
  const page = await visitor.open(replica, visitor.begin({ prompt: 'none' }));
  if (page.status === 503) throw new Error('503');
  assert.equal(page.url.searchParams.get('error'), null);
  return page.url.searchParams.has('code') || undefined;
}

describe('the shared store goes away under load', { skip: NO_VALKEY, timeout: 120_000 }, () => {
  test('one Valkey, killed and back: 503 pages meanwhile, and everybody is still signed in', async () => {
    await using valkey = await startValkey({ settings: { appendfsync: 'always' } });
    await using replicas = await startReplicas({ store: `redis://127.0.0.1:${valkey.port}` });
    const alice = createVisitor(replicas);
    await alice.signIn(0);
    const late = createVisitor(replicas);
    const begun = await late.open(0, late.begin());
    await using load = await startLoad(replicas);
    await sleep(1000);
    await valkey.kill();
    await sleep(2500);
    const page = await alice.open(1, alice.begin());
    assert.deepEqual([page.status, page.headers['retry-after']], [503, '2']);
    assert.match(page.body, /You are not signed out/);
    const refused = await late.submit(1, begun, { username: 'alice', password: PASSWORD });
    assert.equal(refused.status, 503, 'and no password is judged');
    for (const replica of replicas.all)
      assert.equal((await replicas.admin(replica, '/readyz')).status, 200, 'all at once must not leave the Service');
    assert.match(
      (await replicas.admin(replicas.all[0] ?? assert.fail(), '/metrics')).body,
      /^sso_store_up\{store="volatile"\} 0$/m,
    );
    await valkey.start();
    const back = performance.now();
    for (const replica of [0, 1]) await until('alice is signed in', () => isSignedIn(alice, replica), 10);
    console.log(`one Valkey: answered ${Math.round(performance.now() - back)} ms after it was back`);
    await sleep(1000);
    const outcome = await load.stop();
    report('one Valkey', outcome);
    assert.deepEqual(outcome.wrong, []);
    assert.deepEqual(outcome.retryAfter, new Set(['2']));
    assert.ok(outcome.unavailable > 10 && outcome.slowest < SLOWEST);
    const callback = await late.submit(1, begun, { username: 'alice', password: PASSWORD });
    assert.ok(callback.url.searchParams.has('code'), 'the page that was open meanwhile still works');
  });

  test('a Sentinel set whose master dies: 503 until there is another, and everybody is still signed in', async () => {
    await using set = await startSentinelSet();
    await using replicas = await startReplicas({ store: set.address, env: { SSO_STORE_WAIT_REPLICAS: '1' } });
    const alice = createVisitor(replicas);
    await alice.signIn(0);
    await using load = await startLoad(replicas);
    await sleep(1500);
    const took = await set.failover();
    const there = performance.now();
    for (const replica of [0, 1]) await until('alice is signed in', () => isSignedIn(alice, replica), 15);
    console.log(`Sentinel: a new master after ${took} ms, answered ${Math.round(performance.now() - there)} ms later`);
    await sleep(1000);
    const outcome = await load.stop();
    report('Sentinel', outcome);
    assert.deepEqual(outcome.wrong, []);
    assert.ok(outcome.unavailable > 0 && outcome.slowest < SLOWEST);
  });

  test('a Cluster of three whose one master dies: only its tenants wait, the others notice nothing', async () => {
    await using cluster = await startValkeyCluster({ replicas: true });
    const [first] = cluster.masters;
    const uidAt = async (master: number): Promise<string> => {
      for (let n = 0; ; n++) {
        const slot = (await first?.ask<number>('CLUSTER', 'KEYSLOT', `uid-${n}`)) ?? 0;
        if (Math.floor(slot / (16_384 / 3)) === master) return `uid-${n}`;
      }
    };
    const tenants = [
      { name: 'acme', uid: await uidAt(0) },
      { name: 'globex', uid: await uidAt(1) },
    ];
    await using replicas = await startReplicas({ store: cluster.address, tenants });
    const alice = createVisitor(replicas);
    await alice.signIn(0);
    await using acme = await startLoad(replicas, 'acme');
    await using globex = await startLoad(replicas, 'globex');
    await sleep(1500);
    const killed = performance.now();
    await first?.kill();
    for (const replica of [0, 1]) await until('alice is signed in', () => isSignedIn(alice, replica), 20);
    console.log(`Cluster: answered ${Math.round(performance.now() - killed)} ms after its master was killed`);
    await sleep(1000);
    const [hit, other] = [await acme.stop(), await globex.stop()];
    report('Cluster, the tenant of the dead master', hit);
    report('Cluster, another tenant', other);
    assert.deepEqual([hit.wrong, other.wrong], [[], []]);
    assert.ok(hit.unavailable > 0 && hit.slowest < SLOWEST);
    assert.equal(other.unavailable, 0);
  });
});
