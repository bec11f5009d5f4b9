import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Attempt, createAttempts } from '#idp/limits/attempts.ts';
import { openMemoryStore } from '#idp/storage/memory.ts';
import type { Store } from '#idp/storage/store.ts';
import { makeSlow } from '../storage/slow.ts';

function open(latency = 0) {
  const clock = { now: 1_000_000_000 };
  const memory = openMemoryStore({ now: () => clock.now });
  const store = latency > 0 ? makeSlow(memory, latency) : memory;
  const replica = () => createAttempts({ store, now: () => clock.now });
  return { clock, limits: replica(), replica, store: memory };
}

const alice: Attempt = { tenantUid: 't1', purpose: 'login', account: 'alice', address: '192.0.2.1' };

/** Begins so many wrong attempts; answers how many were let through. */
async function fail(limits: ReturnType<typeof createAttempts>, attempt: (n: number) => Attempt, count: number) {
  let passed = 0;
  for (let n = 0; n < count; n++) if (!(await limits.begin(attempt(n))).throttled) passed += 1;
  return passed;
}

test('five wrong guesses at one account from one address are free, then the delay doubles', async () => {
  const { clock, limits } = open();
  assert.equal(await fail(limits, () => alice, 10), 5);
  const waits: number[] = [];
  for (let n = 0; n < 12; n++) {
    const verdict = await limits.begin(alice);
    assert.ok(verdict.throttled);
    waits.push(verdict.retryAfter);
    clock.now += verdict.retryAfter * 1000;
    assert.equal((await limits.begin(alice)).throttled, false);
  }
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
});

test('a thousand guesses sent at once are a thousand attempts', async () => {
  const { limits, replica } = open(2);
  const replicas = [limits, replica(), replica()];
  const asked = replicas.flatMap(each => Array.from({ length: 100 }, () => each.begin(alice)));
  const verdicts = await Promise.all(asked);
  assert.equal(verdicts.filter(verdict => !verdict.throttled).length, 5);
});

test('a right password takes the attempt back and forgets the wrong ones of the pair', async () => {
  const { limits } = open();
  await fail(limits, () => alice, 4);
  await limits.begin(alice);
  await limits.succeeded(alice);
  assert.equal(await fail(limits, () => alice, 10), 5);
});

test('people behind one address sign in at replicas whose clocks differ', async () => {
  const { clock, limits, store } = open();
  const late = createAttempts({ store, now: () => clock.now - 300 });
  assert.equal((await limits.begin(alice)).throttled, false);
  assert.equal((await late.begin({ ...alice, account: 'bob' })).throttled, false);
});

test('two hundred people behind one address sign in without a delay', async () => {
  const { limits } = open();
  for (let n = 0; n < 200; n++) {
    const person = { ...alice, account: `person${n}` };
    assert.equal((await limits.begin(person)).throttled, false);
    await limits.succeeded(person);
  }
});

test('one address that tries many accounts is slowed down', async () => {
  const { limits } = open();
  assert.equal(await fail(limits, n => ({ ...alice, account: `person${n}` }), 150), 100);
});

test('many addresses that try one account are slowed down, but never for more than a minute', async () => {
  const { clock, limits } = open();
  const from = (n: number) => ({ ...alice, address: `198.51.100.${n}` });
  assert.equal(await fail(limits, from, 40), 20);
  for (let n = 0; n < 10; n++) {
    clock.now += 60_000;
    assert.equal((await limits.begin(from(100 + n))).throttled, false);
  }
});

test('a password that was not judged costs nothing', async () => {
  const { limits } = open();
  for (let n = 0; n < 50; n++) {
    assert.equal((await limits.begin(alice)).throttled, false);
    await limits.undone(alice);
  }
});

test('after an hour without an attempt everything is forgotten', async () => {
  const { clock, limits } = open();
  await fail(limits, () => alice, 6);
  clock.now += 3_601_000;
  assert.equal(await fail(limits, () => alice, 10), 5);
});

test('accounts of different tenants and purposes are counted apart', async () => {
  const { limits } = open();
  await fail(limits, () => alice, 6);
  assert.equal((await limits.begin({ ...alice, tenantUid: 't2' })).throttled, false);
  assert.equal((await limits.begin({ ...alice, purpose: 'otp', address: '192.0.2.9' })).throttled, false);
});

test('an attempt looks once and writes once at each counter, whatever is there already', async () => {
  const memory = openMemoryStore({ now: Date.now });
  const asked: string[] = [];
  const store: Store = {
    ...memory,
    read: key => (asked.push('read'), memory.read(key)),
    write: (key, value, how) => (asked.push('write'), memory.write(key, value, how)),
  };
  const attempts = createAttempts({ store, now: Date.now });
  const alice = { tenantUid: 't', purpose: 'login', account: 'alice', address: '192.0.2.1' };
  for (let i = 0; i < 2; i++) {
    asked.length = 0;
    assert.deepEqual(await attempts.begin(alice), { throttled: false });
    assert.deepEqual(asked, ['read', 'read', 'read', 'write', 'write', 'write']);
  }
  await memory.close();
});
