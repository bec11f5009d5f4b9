import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { KubeObject } from '#crds/schema/kinds.ts';
import { connect } from '#crds/wire/api-server.ts';
import { type Cluster, CORE } from '#crds/wire/cluster.ts';
import type { WireClock } from '#crds/wire/deps.ts';
import { type Election, startElection } from '#crds/wire/lease.ts';
import { type ApiServer, startApiServer } from '../support/api-server.ts';
import { startRelay } from '../support/api-server-relay.ts';
import { keepLog } from '../support/api-server-sink.ts';
import { until } from '../support/program.ts';

let api: ApiServer;
const namespace = 'default';
/** A leader that never gives up would otherwise hang here. */
const LIMIT = { timeout: 30_000 };
const seconds = { lease: 3, renew: 2, retry: 0.2 };
const deps = { log: keepLog().log, userAgent: 'test', timing: { request: 1000 } };

before(async () => {
  api = await startApiServer();
});
after(async () => api[Symbol.asyncDispose]());

const clock: WireClock = {
  now: () => Date.now(),
  after(ms, then) {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
};

interface Contender extends Election {
  gainedAt?: number;
  lostAt?: number;
  stop: AbortController;
}

function contend(name: string, identity: string, cluster: Cluster, time = clock): Contender {
  const stop = new AbortController();
  const election = startElection({
    cluster,
    clock: time,
    log: keepLog().log,
    name,
    namespace,
    identity,
    seconds,
    signal: stop.signal,
    onGained: () => {
      contender.gainedAt = performance.now();
    },
    onLost: () => {
      contender.lostAt = performance.now();
    },
  });
  const contender: Contender = { ...election, stop };
  return contender;
}

const leads = (who: Contender) => until('a leader', async () => who.gainedAt);

test('of two contenders one leads, and after its release the other one does at once', LIMIT, async () => {
  const cluster = connect(api.connection('admin'), deps);
  const first = contend('two', 'first', cluster);
  await leads(first);
  const second = contend('two', 'second', cluster);
  await new Promise(resolve => setTimeout(resolve, 4000));
  assert.ok(first.isLeader());
  assert.equal(second.gainedAt, undefined);
  const released = performance.now();
  first.stop.abort();
  await first.ended;
  assert.equal(first.isLeader(), false);
  assert.equal(first.lostAt, undefined);
  assert.ok((await leads(second)) - released < 1000);
  second.stop.abort();
  await second.ended;
  const lease = await cluster.get<KubeObject & { spec: object }>(CORE.leases, 'two', namespace);
  assert.deepEqual({ ...lease?.spec, renewTime: '', acquireTime: '' }, EXPECTED);
});

const EXPECTED = { holderIdentity: '', leaseDurationSeconds: 1, leaseTransitions: 1, renewTime: '', acquireTime: '' };

test('a leader that cannot reach the API server stops before another one begins', LIMIT, async () => {
  await using relay = await startRelay(api.url);
  const first = contend('cut-off', 'first', connect({ ...api.connection('admin'), server: relay.url }, deps));
  await leads(first);
  const second = contend('cut-off', 'second', connect(api.connection('admin'), deps));
  relay.refuse(true);
  relay.stall();
  const gained = await leads(second);
  await first.ended;
  assert.ok(first.lostAt !== undefined && first.lostAt < gained, 'it stopped first');
  assert.equal(first.isLeader(), false);
  second.stop.abort();
  await second.ended;
});

test('a leader that was frozen knows on waking that its right ran out', LIMIT, async () => {
  let skipped = 0;
  const frozen: WireClock = { ...clock, now: () => Date.now() + skipped };
  const leader = contend('frozen', 'first', connect(api.connection('admin'), deps), frozen);
  await leads(leader);
  assert.ok(leader.isLeader());
  skipped = 2000;
  assert.equal(leader.isLeader(), false);
  leader.stop.abort();
  await leader.ended;
});
