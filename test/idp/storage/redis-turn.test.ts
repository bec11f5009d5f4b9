import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openSharedStore } from '#test/support/redis-store.ts';
import { startValkey, type Valkey } from '#test/support/valkey.ts';
import { NO_VALKEY } from '#test/support/valkey-binary.ts';

/** How many system calls the questions of one moment cost, counted by the server that reads them. */

async function readsOf(server: Valkey): Promise<number> {
  const stats = await server.ask<string>('INFO', 'stats');
  return Number(/total_reads_processed:(\d+)/.exec(stats)?.[1]);
}

test('what is asked in one turn leaves in one write, and every question has its own answer', {
  skip: NO_VALKEY,
}, async () => {
  await using server = await startValkey();
  await using store = openSharedStore(`redis://127.0.0.1:${server.port}`);
  const keys = Array.from({ length: 200 }, (_, index) => `tenant/Thing/${index}`);
  await store.write('tenant/Thing/7', { seven: 7 }, { ttl: 60 });
  const before = await readsOf(server);
  const found = await Promise.all(keys.map(key => store.read(key)));
  const reads = (await readsOf(server)) - before;
  assert.deepEqual(found.map(record => record?.value).filter(Boolean), [{ seven: 7 }]);
  assert.deepEqual(found[7]?.value, { seven: 7 });
  // Those of the count itself are among them.
  assert.ok(reads < 20, `${reads} reads for 200 questions`);
});
