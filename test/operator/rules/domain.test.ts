import assert from 'node:assert/strict';
import { test } from 'node:test';
import { array, boolean, constantFrom, assert as holds, property, record } from 'fast-check';
import {
  type Claim,
  isClaimable,
  judgeAccepted,
  judgeProof,
  ownerOf,
  parseDomainClaims,
  proofOf,
  recheckSeconds,
} from '#operator/rules/domain.ts';

test('the longest suffix that covers a host says which namespaces may claim it', () => {
  const claims = parseDomainClaims('example.com=web|shop, team.example.com=team localhost=*');
  assert.ok(isClaimable(claims, 'login.example.com', 'shop'));
  assert.ok(isClaimable(claims, 'example.com', 'web'));
  assert.ok(isClaimable(claims, 'a.team.example.com', 'team'));
  assert.ok(isClaimable(claims, 'x.localhost', 'anyone'));
  assert.ok(!isClaimable(claims, 'a.team.example.com', 'web'));
  assert.ok(!isClaimable(claims, 'notexample.com', 'web'), 'a suffix ends at a dot');
  assert.ok(!isClaimable(claims, 'elsewhere.org', 'web'));
});

test('a claim setting that cannot be read is refused at the start', () => {
  for (const broken of ['example.com', '=web', 'example.com=', 'a=b=c']) {
    assert.throws(() => parseDomainClaims(broken), /not of the form/);
  }
});

const claim = (uid: string, creationTimestamp: string, more: Partial<Claim> = {}): Claim => ({
  uid,
  creationTimestamp,
  isAdmitted: true,
  isLive: false,
  ...more,
});

test('the holder stays, then the older, then the UID; who is not admitted never owns', () => {
  const [old, young] = [claim('b', '2026-01-01T00:00:00Z'), claim('a', '2026-01-02T00:00:00Z')];
  assert.equal(ownerOf([young, old])?.uid, 'b');
  assert.equal(ownerOf([{ ...young, isLive: true }, old])?.uid, 'a');
  assert.equal(ownerOf([claim('d', 'x'), claim('c', 'x')])?.uid, 'c');
  assert.equal(ownerOf([{ ...old, isAdmitted: false }, young])?.uid, 'a');
  assert.equal(ownerOf([{ ...old, isAdmitted: false }]), undefined);
});

test('one host never has two owners, in whatever order the claims are seen', () => {
  const claims = array(
    record({
      uid: constantFrom('a', 'b', 'c', 'd'),
      creationTimestamp: constantFrom('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'),
      isAdmitted: boolean(),
      isLive: boolean(),
    }),
    { maxLength: 6 },
  );
  holds(
    property(claims, all => {
      const distinct = [...new Map(all.map(it => [it.uid, it])).values()];
      assert.equal(ownerOf(distinct)?.uid, ownerOf([...distinct].reverse())?.uid);
    }),
  );
});

test('the record to create is named in full, and its value is of this tenant alone', () => {
  const { message, reason } = judgeProof('missing', proofOf('login.acme.example', 'uid-1'));
  assert.equal(reason, 'DomainNotAllowed');
  assert.match(message, /_sso-operator\.login\.acme\.example with the value "sso-operator=uid-1"/);
});

test('a conflict does not say whose the domain is', () => {
  const owner = claim('uid-77', 'x');
  const verdict = judgeAccepted({ domain: 'd.example', uid: 'me', proof: 'notNeeded', owner, isBeingFreed: false });
  assert.equal(verdict.reason, 'DomainConflict');
  assert.ok(!verdict.message.includes('uid-77'));
});

test('DNS is asked every 30 s at first and every 10 minutes in the end', () => {
  assert.deepEqual([0, 400, 86_400].map(recheckSeconds), [30, 100, 600]);
});
