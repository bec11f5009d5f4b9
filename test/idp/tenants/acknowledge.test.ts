import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Acknowledgement } from '#crds/schema/acknowledgement.ts';
import { Acknowledger, type LeaseWriter } from '#idp/tenants/acknowledge.ts';

interface Bench extends Disposable {
  acknowledger: Acknowledger;
  written: string[];
  errors: unknown[];
  lease: { isThere: boolean; fails: number };
  /** A new version was loaded. */
  load(version: number): void;
}

/** Real time, sixty times faster: the minute between two looks at the Lease is a second here. */
const SPEED = 60;

function startBench(): Bench {
  const stop = new AbortController();
  const written: string[] = [];
  const errors: unknown[] = [];
  const lease = { isThere: true, fails: 0 };
  let version = 0;
  const writer: LeaseWriter = {
    write: async (acknowledgement: Acknowledgement) => {
      lease.fails -= 1;
      if (lease.fails >= 0) throw new Error('unreachable');
      lease.isThere = true;
      written.push(acknowledgement.configMaps);
    },
    isThere: async () => lease.isThere,
  };
  const acknowledger = new Acknowledger({
    progress: () => ({
      waiting: 0,
      acknowledgement: { format: 1, configMaps: String(version), secrets: '1', rejected: [], rejectedMore: false },
    }),
    lease: writer,
    wait: (milliseconds, signal) => delay(milliseconds / SPEED, undefined, { signal }).catch(() => undefined),
    onError: error => errors.push(error),
  });
  void acknowledger.run(stop.signal);
  const load = (next: number): void => {
    version = next;
    acknowledger.changed();
  };
  return { acknowledger, written, errors, lease, load, [Symbol.dispose]: () => stop.abort() };
}

test('nothing is written before the first load', async () => {
  using bench = startBench();
  await delay(50);
  assert.deepEqual(bench.written, []);
  assert.equal(bench.acknowledger.hasWritten, false);
});

test('the first change is written at once, a bulk in a few writes, the last state always', async () => {
  using bench = startBench();
  bench.load(1);
  await delay(1);
  assert.deepEqual(bench.written, ['1']);
  for (let version = 2; version <= 500; version += 1) {
    bench.load(version);
    if (version % 50 === 0) await delay(1);
  }
  await delay(30);
  assert.equal(bench.written.at(-1), '500');
  assert.ok(bench.written.length <= 10, `${bench.written.length} writes`);
});

test('a call without a change writes nothing', async () => {
  using bench = startBench();
  bench.load(1);
  await delay(20);
  for (let i = 0; i < 10; i += 1) {
    bench.load(1);
    await delay(5);
  }
  assert.deepEqual(bench.written, ['1']);
});

test('a write that fails is tried again until it succeeds', async () => {
  using bench = startBench();
  bench.lease.fails = 3;
  bench.load(7);
  await delay(150);
  assert.deepEqual(bench.written, ['7']);
  assert.equal(bench.errors.length, 3);
});

test('a Lease that somebody deleted is written again', async () => {
  using bench = startBench();
  bench.load(1);
  await delay(20);
  bench.lease.isThere = false;
  await delay(1_500);
  assert.deepEqual(bench.written, ['1', '1']);
});
