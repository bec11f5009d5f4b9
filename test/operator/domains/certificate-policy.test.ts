import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CertificateFacts } from '#operator/domains/certificate-facts.ts';
import { type CertificateFault, judgeShown, keyName } from '#operator/domains/certificate-policy.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const DAY = 86_400_000;
const SOUND: CertificateFacts = {
  names: ['login.acme.example'],
  coversHost: true,
  key: { kind: 'ec', curve: 'prime256v1' },
  subject: 'CN=login.acme.example',
  issuer: 'CN=authority',
  notBefore: NOW - DAY,
  notAfter: NOW + 60 * DAY,
  isSelfSigned: false,
  chainLength: 2,
};

function faults(change: Partial<CertificateFacts>, profile: 'Strict' | 'BestPractices' = 'Strict'): CertificateFault[] {
  return judgeShown({ ...SOUND, ...change }, { host: 'login.acme.example', profile, now: NOW }).map(one => one.fault);
}

test('a sound certificate has no fault, and each fault is found by itself', () => {
  assert.deepEqual(faults({}), []);
  assert.deepEqual(faults({ key: { kind: 'ec', curve: 'secp384r1' } }), []);
  assert.deepEqual(faults({ key: { kind: 'ec', curve: 'secp521r1' } }), ['KeyUnfit']);
  assert.deepEqual(faults({ coversHost: false, names: [] }), ['NameMissing']);
  assert.deepEqual(faults({ notBefore: NOW + DAY, distrust: 'CERT_NOT_YET_VALID' }), ['NotYetValid']);
  assert.deepEqual(faults({ notAfter: NOW - DAY, distrust: 'CERT_HAS_EXPIRED' }), ['Expired']);
  assert.deepEqual(faults({ distrust: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY' }), ['Untrusted']);
  assert.deepEqual(faults({ notAfter: NOW + 6 * DAY }), ['ExpiresSoon']);
});

test('RSA keys of 2048 to 4096 bits are fit for BestPractices only', () => {
  for (const [bits, expected] of [
    [1024, ['KeyUnfit']],
    [2048, []],
    [4096, []],
    [8192, ['KeyUnfit']],
  ] as const)
    assert.deepEqual(faults({ key: { kind: 'rsa', bits } }, 'BestPractices'), expected);
  assert.deepEqual(faults({ key: { kind: 'rsa', bits: 2048 } }), ['KeyUnfit']);
  assert.deepEqual(faults({ key: { kind: 'ed25519' } }, 'BestPractices'), ['KeyUnfit']);
  assert.deepEqual([keyName({ kind: 'rsa', bits: 2048 }), keyName({ kind: 'ed25519' })], ['RSA 2048', 'ed25519']);
});

test('a leaf without its intermediates is told to bring them, a self-signed one is not', () => {
  const fixOf = (change: Partial<CertificateFacts>): string => {
    const facts = { ...SOUND, distrust: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', ...change };
    return judgeShown(facts, { host: 'login.acme.example', profile: 'Strict', now: NOW })[0]?.fix ?? '';
  };
  assert.match(fixOf({ chainLength: 1 }), /intermediate/);
  assert.doesNotMatch(fixOf({ chainLength: 1, isSelfSigned: true }), /intermediate/);
});
