import assert from 'node:assert/strict';
import { test } from 'node:test';
import { array, asyncProperty, boolean, constantFrom, assert as holds, tuple } from 'fast-check';
import { KeyedQueue } from '#operator/runtime/queue.ts';
import { manualClock } from './manual-clock.ts';

function openRuns() {
  const started: string[] = [];
  const ends: (() => void)[] = [];
  const run = (key: string) => {
    started.push(key);
    return new Promise<void>(resolve => ends.push(resolve));
  };
  return { started, run, endFirst: () => ends.shift()?.() };
}

const settle = () => new Promise(resolve => setImmediate(resolve));

test('a key that is added while it runs runs once more, and never twice at the same time', async () => {
  const { started, run, endFirst } = openRuns();
  const queue = new KeyedQueue({ clock: manualClock(), concurrency: 4, run });
  queue.start();
  for (let i = 0; i < 5; i++) queue.add('a');
  assert.deepEqual(started, ['a']);
  endFirst();
  await settle();
  assert.deepEqual(started, ['a', 'a']);
  endFirst();
  await settle();
  assert.deepEqual(started, ['a', 'a']);
  assert.ok(queue.isIdle());
});

test('no more keys run at once than allowed, and none before the start', async () => {
  const { started, run, endFirst } = openRuns();
  const queue = new KeyedQueue({ clock: manualClock(), concurrency: 2, run });
  for (const key of ['a', 'b', 'c']) queue.add(key);
  assert.deepEqual(started, []);
  queue.start();
  assert.deepEqual(started, ['a', 'b']);
  endFirst();
  await settle();
  assert.deepEqual(started, ['a', 'b', 'c']);
});

test('of several delays the shortest counts, and adding now replaces them', async () => {
  const clock = manualClock();
  const ran: number[] = [];
  const queue = new KeyedQueue({ clock, concurrency: 1, run: async () => void ran.push(clock.now()) });
  queue.start();
  queue.addAfter('a', 1000);
  queue.addAfter('a', 300);
  queue.addAfter('a', 600);
  await clock.advance(2000);
  assert.deepEqual(ran, [300]);
  queue.addAfter('a', 500);
  queue.add('a');
  await clock.advance(2000);
  assert.deepEqual(ran, [300, 2000]);
});

test('what is urgent goes first, also when it came while its key ran', async () => {
  const { started, run, endFirst } = openRuns();
  const queue = new KeyedQueue({ clock: manualClock(), concurrency: 1, run });
  queue.start();
  for (const key of ['a/1', 'a/2', 'a/3']) queue.add(key);
  queue.add('a/1', 'now');
  endFirst();
  await settle();
  assert.deepEqual(started, ['a/1', 'a/1']);
});

test('idle waits for what runs and what waits for its turn, not for what waits for its time', async () => {
  const { run, endFirst } = openRuns();
  const queue = new KeyedQueue({ clock: manualClock(), concurrency: 1, run });
  queue.start();
  queue.add('a');
  queue.add('b');
  queue.addAfter('c', 60_000);
  let isIdle = false;
  const idle = queue.idle().then(() => {
    isIdle = true;
  });
  endFirst();
  await settle();
  assert.equal(isIdle, false);
  endFirst();
  await idle;
});

test('whatever is added while whatever runs, the last word about each key is heard', async () => {
  await holds(
    asyncProperty(array(tuple(constantFrom('a', 'b', 'c'), boolean()), { maxLength: 60 }), async steps => {
      const wished = new Map<string, number>();
      const done = new Map<string, number>();
      const running = new Set<string>();
      const queue = new KeyedQueue({
        clock: manualClock(),
        concurrency: 2,
        async run(key) {
          assert.ok(!running.has(key), 'two runs of one key');
          running.add(key);
          const seen = wished.get(key) ?? 0;
          await settle();
          running.delete(key);
          done.set(key, seen);
        },
      });
      queue.start();
      for (const [key, isSlow] of steps) {
        wished.set(key, (wished.get(key) ?? 0) + 1);
        queue.add(key);
        if (isSlow) await settle();
      }
      await queue.idle();
      assert.deepEqual(done, wished);
    }),
    { numRuns: 60 },
  );
});
