import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeSessions } from '#idp/oidc/session-merge.ts';

const alice = { uid: 'u', accountId: 'alice', loginTs: 100, amr: ['pwd'] };
const a = { sid: 'sa', grantId: 'ga' };
const b = { sid: 'sb', grantId: 'gb' };

test('what two requests added is all there', () => {
  const merged = mergeSessions({
    base: alice,
    mine: { ...alice, authorizations: { a } },
    theirs: { ...alice, authorizations: { b } },
  });
  assert.deepEqual(merged?.authorizations, { a, b });
});

test('what one request took away stays away, also when the other still had it', () => {
  const both = { ...alice, authorizations: { a, b } };
  const without = { ...alice, authorizations: { b } };
  assert.deepEqual(mergeSessions({ base: both, mine: without, theirs: both })?.authorizations, { b });
  assert.deepEqual(mergeSessions({ base: both, mine: both, theirs: without })?.authorizations, { b });
});

test('the sid that an application got first stays, a newer grant counts', () => {
  const merged = mergeSessions({
    base: alice,
    mine: { ...alice, authorizations: { a: { sid: 'second', grantId: 'new', persistsLogout: true } } },
    theirs: { ...alice, authorizations: { a } },
  });
  assert.deepEqual(merged?.authorizations, { a: { sid: 'sa', grantId: 'new', persistsLogout: true } });
});

test('the newer sign-in of the same person counts, whoever writes last', () => {
  const newer = { ...alice, loginTs: 200, amr: ['pwd', 'otp'] };
  for (const [mine, theirs] of [
    [alice, newer],
    [newer, alice],
  ] as const) {
    const merged = mergeSessions({ base: alice, mine, theirs });
    assert.deepEqual([merged?.loginTs, merged?.amr], [200, ['pwd', 'otp']]);
  }
});

test('a request without anybody does not undo a sign-in, and brings nothing into it', () => {
  const anonymous = { uid: 'u' };
  const mine = { ...anonymous, authorizations: { a } };
  assert.deepEqual(mergeSessions({ base: anonymous, mine, theirs: alice }), alice);
  assert.deepEqual(mergeSessions({ base: anonymous, mine: alice, theirs: anonymous }), alice);
});

test('two people in one session at once are nobody', () => {
  const bob = { ...alice, accountId: 'bob' };
  assert.equal(mergeSessions({ base: { uid: 'u' }, mine: alice, theirs: bob }), undefined);
});

test('the secret of a logout page is kept by requests beside it', () => {
  const asked = { ...alice, state: { secret: 's' } };
  assert.deepEqual(mergeSessions({ base: alice, mine: alice, theirs: asked })?.state, { secret: 's' });
  assert.deepEqual(mergeSessions({ base: alice, mine: asked, theirs: alice })?.state, { secret: 's' });
});
