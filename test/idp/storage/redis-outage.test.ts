import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openClient } from '#idp/storage/redis/client.ts';
import type { RedisStore } from '#idp/storage/redis/index.ts';
import { Link } from '#idp/storage/redis/link.ts';
import { StoreUnavailable } from '#idp/storage/store.ts';
import { freePort, until } from '#test/support/program.ts';
import { openSharedStore, redisSettings } from '#test/support/redis-store.ts';
import { openRelay } from '#test/support/relay.ts';
import { startValkey, type Valkey } from '#test/support/valkey.ts';
import { NO_VALKEY } from '#test/support/valkey-binary.ts';

/** A server that goes away and comes back: how long a question takes, and what it is told. */

const HOUR = { ttl: 3600 };

interface Told {
  milliseconds: number;
  error: unknown;
}

async function ask(store: RedisStore): Promise<Told> {
  const started = performance.now();
  const error = await store.read('t/k').then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return { milliseconds: performance.now() - started, error };
}

const isBack = (store: RedisStore) =>
  until('the store answers', async () => ((await ask(store)).error === undefined ? true : undefined), 10);

describe('a store that goes away', { skip: NO_VALKEY }, () => {
  let server: Valkey;
  let address: string;
  before(async () => {
    server = await startValkey({ settings: { appendfsync: 'always' } });
    address = `redis://127.0.0.1:${server.port}`;
  });
  after(() => server[Symbol.asyncDispose]());

  test('a server that was killed: after a second everybody is refused at once, and it is back by itself', async () => {
    const states: boolean[] = [];
    const watcher = { changed: ({ isUp }: { isUp: boolean }) => void states.push(isUp), failed() {} };
    await using store = openSharedStore(address, { watcher });
    await store.write('t/k', { who: 'alice' }, HOUR);
    await server.kill();
    const first = await ask(store);
    assert.ok(first.error instanceof StoreUnavailable);
    assert.equal(first.error.retryAfter, 2);
    assert.ok(first.milliseconds < 1500, `patience is a second, it was ${first.milliseconds}`);
    await until('the second of patience is over', () => Promise.resolve(states.at(-1) === false || undefined), 5);
    const later = await Promise.all(Array.from({ length: 100 }, () => ask(store)));
    assert.ok(later.every(({ error }) => error instanceof StoreUnavailable));
    const slowest = Math.max(...later.map(({ milliseconds }) => milliseconds));
    assert.ok(slowest < 300, `nobody waits any more, the slowest did ${slowest} ms`);
    await server.start();
    await isBack(store);
    assert.deepEqual((await store.read('t/k'))?.value, { who: 'alice' });
    assert.deepEqual(states, [true, false, true]);
  });

  test('a wire that breaks for a moment is not noticed by who asks meanwhile', async () => {
    await using relay = await openRelay(server.port);
    await using store = openSharedStore(`redis://127.0.0.1:${relay.port}`);
    await store.write('t/k', {}, HOUR);
    relay.cut();
    await sleep(20);
    const asked = Promise.all([ask(store), ask(store)]);
    await sleep(150);
    relay.mend();
    for (const { error } of await asked) assert.equal(error, undefined);
  });

  test('what was under way when the wire broke is refused and not asked again: nobody knows what it did', async () => {
    await using relay = await openRelay(server.port);
    await using store = openSharedStore(`redis://127.0.0.1:${relay.port}`);
    await store.write('t/code', {}, HOUR);
    server.pause();
    const consumed = store.consume('t/code', 7);
    await sleep(20);
    relay.cut();
    relay.mend();
    server.resume();
    await assert.rejects(consumed, StoreUnavailable);
  });

  test('a server that stands still is given up after two seconds, and nobody else waits for it', async () => {
    await using store = openSharedStore(address);
    await store.write('t/k', {}, HOUR);
    server.pause();
    try {
      const first = await ask(store);
      assert.ok(first.error instanceof StoreUnavailable);
      assert.ok(first.milliseconds < 2600, `it took ${first.milliseconds} ms`);
      await until('nobody waits', async () => ((await ask(store)).milliseconds < 100 ? true : undefined), 10);
    } finally {
      server.resume();
    }
    await isBack(store);
  });

  test('a client that has ended for good is begun anew', async () => {
    const client = openClient({ settings: redisSettings(address), random: Math.random });
    const link = new Link(client, { changed() {}, failed() {} });
    assert.equal(await link.ask(c => c.ping()), 'PONG');
    client.disconnect();
    await once(client, 'end');
    await until('it answers', () => link.ask(c => c.ping()), 5);
    link.close();
  });

  test('a store that is away at the start is no error; it is there when it comes', async () => {
    const port = await freePort();
    await using store = openSharedStore(`redis://127.0.0.1:${port}`);
    assert.ok((await ask(store)).error instanceof StoreUnavailable);
    await using late = await startValkey({ port });
    assert.equal(late.port, port);
    await isBack(store);
  });

  test('what fails says what kind of answer came, and nothing that somebody stored', async () => {
    await using store = openSharedStore(address);
    await server.ask('SET', 'sso:{t}:r:broken', 'no hash');
    await assert.rejects(store.write('t/broken', { secret: 'hunter2' }, HOUR), error => {
      assert.ok(error instanceof StoreUnavailable && error.cause instanceof Error);
      assert.equal(error.cause.message, 'WRONGTYPE');
      assert.equal(error.cause.cause, undefined);
      const everything = JSON.stringify([error.message, error.stack, error.cause.stack, Object.entries(error.cause)]);
      return !everything.includes('hunter2');
    });
    await server.ask('DEL', 'sso:{t}:r:broken');
  });

  test('a server that lost the scripts is given them again', async () => {
    await using store = openSharedStore(address);
    for (let i = 0; i < 3; i++) await store.write('t/k', { i }, HOUR);
    await server.ask('SCRIPT', 'FLUSH');
    assert.equal(await store.write('t/k', { after: true }, HOUR), 'written');
  });

  test('a group forgets the members that expired', async () => {
    await using store = openSharedStore(address);
    await store.write('t/long', {}, { ...HOUR, group: 't/g' });
    for (let i = 0; i < 30; i++) await store.write(`t/short${i}`, {}, { ttl: 0.02, group: 't/g' });
    await sleep(60);
    await store.write('t/longer', {}, { ...HOUR, group: 't/g' });
    assert.equal(await server.ask('ZCARD', 'sso:{t}:g:g'), 2);
    const left = await server.ask<number>('PTTL', 'sso:{t}:g:g');
    assert.ok(left > 0 && left <= 3_600_000, 'the group itself goes with its last member');
  });
});
