import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAttempts } from '#idp/limits/attempts.ts';
import { createHashQueue } from '#idp/limits/hash-queue.ts';
import { mayUse } from '#idp/login/admission.ts';
import { createLogin } from '#idp/login/index.ts';
import { createSources } from '#idp/sources/index.ts';
import { openMemoryStore } from '#idp/storage/memory.ts';
import { makeClient, makeTenant, PASSWORD } from '../oidc/fixture.ts';

const NOW = 1_700_000_000_000;

function open(length = 10) {
  const now = () => NOW;
  const store = openMemoryStore({ now });
  const hashing = createHashQueue({ concurrency: 1, length });
  const login = createLogin({ sourcesOf: createSources({ hashing }), limits: createAttempts({ store, now }), now });
  const tenant = makeTenant('acme', 443);
  const attempt = (username: string, password: string, more: { source?: string; ip?: string } = {}) =>
    login.attempt({ tenant, username, password, ip: '192.0.2.1', ...more });
  return { attempt };
}

test('a right password is an event that says who, where, how and when', async () => {
  const { attempt } = open();
  const outcome = await attempt('alice', PASSWORD);
  assert.equal(outcome.outcome, 'signed-in');
  assert.deepEqual('event' in outcome && outcome.event, {
    subject: 'staff:alice',
    source: 'staff',
    methods: [{ amr: 'pwd', at: 1_700_000_000 }],
    at: 1_700_000_000,
  });
});

test('an unknown person and a wrong password get the same answer', async () => {
  const { attempt } = open();
  assert.deepEqual(await attempt('alice', 'wrong'), { outcome: 'wrong' });
  assert.deepEqual(await attempt('nobody', 'wrong'), { outcome: 'wrong' });
  assert.deepEqual(await attempt('', ''), { outcome: 'wrong' });
  assert.deepEqual(await attempt('alice', 'x'.repeat(2000)), { outcome: 'wrong' });
});

test('a source that was not chosen is not asked', async () => {
  const { attempt } = open();
  assert.deepEqual(await attempt('alice', PASSWORD, { source: 'elsewhere' }), { outcome: 'wrong' });
  assert.equal((await attempt('alice', PASSWORD, { source: 'staff' })).outcome, 'signed-in');
});

test('after too many wrong guesses also the right password has to wait, for unknown people too', async () => {
  const { attempt } = open();
  for (const name of ['alice', 'nobody']) {
    for (let n = 0; n < 5; n++) assert.equal((await attempt(name, 'wrong')).outcome, 'wrong');
    assert.deepEqual(await attempt(name, PASSWORD), { outcome: 'throttled', retryAfter: 1 });
  }
});

test('the spelling of a name does not buy further guesses', async () => {
  const { attempt } = open();
  for (const name of ['alice', 'Alice', 'ALICE', 'aLice', 'alIce']) await attempt(name, 'wrong');
  assert.equal((await attempt('alicE', 'wrong')).outcome, 'throttled');
});

test('when too many passwords are being checked the answer is busy, and that is no wrong guess', async () => {
  const { attempt } = open(1);
  const outcomes = await Promise.all(
    Array.from({ length: 5 }, (_, n) => attempt('alice', 'wrong', { ip: `192.0.2.${n}` })),
  );
  assert.equal(outcomes.filter(({ outcome }) => outcome === 'busy').length, 3);
  assert.ok(outcomes.every(each => each.outcome !== 'busy' || each.retryAfter > 0));
  for (let n = 0; n < 3; n++) assert.equal((await attempt('alice', 'wrong', { ip: '192.0.2.4' })).outcome, 'wrong');
});

test('an application is for everyone, for its groups, or for nobody while it is off', () => {
  const person = { subject: 's', source: 'staff', username: 'u', groups: ['a', 'b'] };
  assert.equal(mayUse(makeClient('x').document, person), true);
  assert.equal(mayUse(makeClient('x', { accessGroups: ['b', 'c'] }).document, person), true);
  assert.equal(mayUse(makeClient('x', { accessGroups: ['c'] }).document, person), false);
  assert.equal(mayUse(makeClient('x', { accessGroups: [] }).document, person), false);
  assert.equal(mayUse(makeClient('x', { enabled: false }).document, person), false);
});
