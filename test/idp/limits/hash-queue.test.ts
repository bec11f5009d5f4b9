import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verifyArgon2id } from '#idp/limits/argon2.ts';
import { createHashQueue, HashQueueFull } from '#idp/limits/hash-queue.ts';

/** From the test vectors of the reference implementation (P-H-C/phc-winner-argon2, src/test.c). */
const REFERENCE = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';

test('a hash of the reference implementation is verified, another password is not', async () => {
  assert.equal(await verifyArgon2id(REFERENCE, 'password'), true);
  assert.equal(await verifyArgon2id(REFERENCE, 'Password'), false);
  assert.equal(await verifyArgon2id('no hash', 'password'), false);
});

/** A hash that takes until the test says so. */
function makeManual() {
  const running: ((answer: boolean) => void)[] = [];
  const verify = () => new Promise<boolean>(resolve => running.push(resolve));
  return { running, verify };
}

const settle = () => new Promise(resolve => setImmediate(resolve));

test('only so many hashes run at once, the next begins when one ends, in order', async () => {
  const { running, verify } = makeManual();
  const queue = createHashQueue({ concurrency: 2, length: 3, verify });
  const results = [1, 2, 3, 4, 5].map(() => queue.verify('', ''));
  await settle();
  assert.equal(running.length, 2);
  running[0]?.(true);
  assert.equal(await results[0], true);
  await settle();
  assert.equal(running.length, 3);
  for (let n = 1; n < 5; n++) {
    running[n]?.(false);
    await settle();
  }
  assert.deepEqual(await Promise.all(results), [true, false, false, false, false]);
});

test('whoever comes beyond the queue is told to come back, at once', async () => {
  const { running, verify } = makeManual();
  const queue = createHashQueue({ concurrency: 1, length: 1, verify });
  const held = [queue.verify('', ''), queue.verify('', '')];
  await assert.rejects(queue.verify('', ''), error => error instanceof HashQueueFull && error.retryAfter > 0);
  running[0]?.(true);
  await settle();
  running[1]?.(true);
  await Promise.all(held);
  const later = queue.verify('', '');
  await settle();
  running[2]?.(true);
  assert.equal(await later, true);
});

test('a hash that fails frees its place', async () => {
  const queue = createHashQueue({ concurrency: 1, length: 0, verify: () => Promise.reject(new Error('no memory')) });
  await assert.rejects(queue.verify('', ''), /no memory/);
  await assert.rejects(queue.verify('', ''), /no memory/);
});
