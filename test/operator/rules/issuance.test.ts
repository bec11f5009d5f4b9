import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adviseRenewal, type Issuance, judgeIssued } from '#operator/rules/issuance.ts';
import { makeCertificate, makeRsaCertificate } from '#test/support/certificate.ts';

const place = { domain: 'acme.localhost', profile: 'Strict' } as const;
const now = Date.now();
const pair = await makeCertificate(['acme.localhost']);

const ready = (status: string, more: object = {}) => ({
  type: 'Ready',
  status,
  reason: 'Ready',
  message: 'up to date',
  observedGeneration: 2,
  ...more,
});
const issuance = (conditions: Issuance['conditions'], failedAttempts = 0): Issuance => ({
  generation: 2,
  conditions,
  failedAttempts,
});

test('it is ready when cert-manager says so of the newest wish and the pair is fit', () => {
  const judged = judgeIssued({ place, issuance: issuance([ready('True')]), pair, now });
  assert.deepEqual([judged.verdict.status, judged.isFit], ['True', true]);
});

test('what cert-manager says of an older wish counts for nothing', () => {
  for (const conditions of [[ready('True', { observedGeneration: 1 })], []]) {
    const judged = judgeIssued({ place, issuance: issuance(conditions), pair, now });
    assert.deepEqual([judged.verdict.status, judged.isFit], ['Unknown', true]);
  }
});

test('while it is on its way the words of cert-manager are carried over, and a pair that is fit is served', () => {
  const waiting = ready('False', { reason: 'DoesNotExist', message: 'Issuing certificate as Secret does not exist' });
  const judged = judgeIssued({ place, issuance: issuance([waiting]), pair, now });
  assert.deepEqual(judged.verdict, {
    status: 'Unknown',
    reason: 'Progressing',
    message: 'cert-manager says DoesNotExist: Issuing certificate as Secret does not exist',
  });
  assert.equal(judged.isFit, true);
});

test('an issuance that failed is False, with the reason of the failure', () => {
  const failed = { type: 'Issuing', status: 'False', reason: 'Failed', message: 'the CA said no' };
  const { verdict } = judgeIssued({ place, issuance: issuance([ready('False'), failed], 1), pair: undefined, now });
  assert.deepEqual([verdict.status, verdict.reason], ['False', 'IssuanceFailed']);
  assert.match(verdict.message, /Failed: the CA said no/);
});

test('a pair that is not fit is not served, whatever cert-manager says', async () => {
  const said = issuance([ready('True')]);
  const rsa = judgeIssued({ place, issuance: said, pair: makeRsaCertificate(['acme.localhost']), now });
  assert.deepEqual([rsa.verdict.reason, rsa.isFit], ['CertificateKeyNotEcdsa', false]);
  const other = judgeIssued({ place, issuance: said, pair: await makeCertificate(['other.localhost']), now });
  assert.deepEqual([other.verdict.reason, other.isFit], ['CertificateInvalid', false]);
  const none = judgeIssued({ place, issuance: said, pair: undefined, now });
  assert.deepEqual([none.verdict.status, none.isFit], ['Unknown', false]);
});

test('a renewal that failed is advised while the old certificate is good', () => {
  const failed = { type: 'Issuing', status: 'False', reason: 'Failed', message: 'rate limited' };
  assert.equal(adviseRenewal(issuance([ready('True'), failed], 2))?.reason, 'RenewalFailed');
  assert.equal(adviseRenewal(issuance([ready('True')])), undefined);
  assert.equal(adviseRenewal(undefined), undefined);
});
