import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openMemoryStore } from '#idp/storage/memory.ts';
import { conforms } from './conformance.ts';
import { makeSlow } from './slow.ts';

function open(latency: number) {
  let seconds = 1_000_000;
  const store = openMemoryStore({ now: () => seconds * 1000 });
  const end = latency > 0 ? makeSlow(store, latency) : store;
  const pass = (more: number) => {
    seconds += more;
  };
  return Promise.resolve({ here: end, there: end, pass, close: () => store.close() });
}

conforms('memory', () => open(0));
conforms('memory, far away', () => open(1));

test('the sweep frees what has expired, without anybody asking for it', async () => {
  let now = 0;
  const seen: string[] = [];
  const store = openMemoryStore({ now: () => now, sweepEvery: 5 });
  await store.write('k', {}, { ttl: 1, group: 'g' });
  now = 5000;
  await sleep(30);
  now = 0; // Back in time: only a record that was really dropped stays away.
  if ((await store.read('k')) !== undefined) seen.push('k');
  await store.close();
  assert.deepEqual(seen, []);
});
