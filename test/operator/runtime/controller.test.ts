import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WireError } from '#crds/wire/cluster.ts';
import { backoff, createController, type Outcome, retryOf } from '#operator/runtime/controller.ts';
import { Stalled, Superseded, Waiting } from '#operator/runtime/failures.ts';
import { manualClock } from './manual-clock.ts';

const log = { debug() {}, info() {}, warn() {}, error() {} };

function controllerOf(reconcile: (key: string) => Promise<Outcome>) {
  const clock = manualClock();
  const abort = new AbortController();
  const controller = createController({
    name: 'test',
    concurrency: 1,
    reconcile,
    clock,
    random: () => 0,
    log,
    signal: abort.signal,
  });
  controller.start();
  return { controller, clock, abort };
}

test('the type of a failure decides when it is tried again', () => {
  assert.equal(retryOf(new Stalled('a person is needed'), 1, 0).after, undefined);
  assert.equal(retryOf(new Waiting('for DNS', 30), 1, 0).after, 30_000);
  assert.equal(retryOf(new Superseded('the cache lags'), 1, 0).after, 0);
  assert.equal(retryOf(new WireError('Conflict', 'moved'), 1, 0).after, 0);
  assert.ok((retryOf(new WireError('Conflict', 'moved'), 2, 0).after ?? 0) > 0, 'a second conflict in a row waits');
  assert.equal(retryOf(new WireError('Throttled', 'slow down', { retryAfter: 7 }), 1, 0).after, 7000);
  assert.equal(retryOf(new Error('unforeseen'), 1, 0).after, 200);
});

test('backoff doubles up to five minutes and spreads', () => {
  assert.deepEqual(
    [1, 2, 3].map(failures => backoff(failures, 0)),
    [200, 400, 800],
  );
  assert.equal(backoff(1000, 0), 300_000);
  assert.ok(backoff(1000, 0.999) >= 150_000);
});

test('a key that always fails is never given up, and a success forgets its failures', async () => {
  const at: number[] = [];
  const { controller, clock } = controllerOf(async () => {
    at.push(clock.now());
    if (at.length !== 4) throw new Error('no');
    return {};
  });
  controller.enqueue('a');
  await clock.advance(10_000);
  assert.deepEqual(at, [0, 200, 600, 1400]);
  controller.enqueue('a');
  await clock.advance(250);
  assert.deepEqual(at.slice(4), [10_000, 10_200]);
  await clock.advance(86_400_000);
  assert.ok(at.length > 200);
});

test('after the abort nothing runs any more', async () => {
  let runs = 0;
  const { controller, clock, abort } = controllerOf(async () => {
    runs += 1;
    return { requeueAfter: 1 };
  });
  controller.enqueue('a');
  await clock.advance(3500);
  assert.equal(runs, 4);
  abort.abort();
  controller.enqueue('b');
  await clock.advance(10_000);
  assert.equal(runs, 4);
});

test('the oldest run under way is known, so that a hang shows', async () => {
  const { controller, clock } = controllerOf(() => new Promise(() => undefined));
  assert.equal(controller.oldestRun(), undefined);
  await clock.advance(500);
  controller.enqueue('a');
  await clock.advance(1000);
  assert.equal(controller.oldestRun(), 500);
});
