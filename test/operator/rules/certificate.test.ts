import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { TlsProfile } from '#crds/schema/tls.ts';
import { authorityCertificate, serverCertificate } from '#operator/keys/x509/certificate.ts';
import { judgeCertificate, type Place } from '#operator/rules/certificate.ts';

const NOW = Date.parse('2026-06-01T00:00:00Z');
const DAY = 86_400_000;

interface Wish {
  /** Bits of an RSA key; absent: P-384. */
  rsa?: number;
  curve?: string;
  names?: string[];
  /** Days from now. */
  from?: number;
  to?: number;
  commonName?: string;
}

function make({ rsa, curve = 'P-384', names = ['login.acme.example'], from = -1, to = 90, commonName = 'x' }: Wish) {
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { privateKey, publicKey } =
    rsa === undefined
      ? generateKeyPairSync('ec', { namedCurve: curve })
      : generateKeyPairSync('rsa', { modulusLength: rsa });
  const serial = Buffer.concat([Buffer.from([0x40]), randomBytes(15)]);
  const validity = { serial, notBefore: new Date(NOW + from * DAY), notAfter: new Date(NOW + to * DAY) };
  const signer = { commonName: 'root', privateKey: authority.privateKey };
  return {
    leaf: serverCertificate({ commonName, publicKey }, names, signer, validity),
    root: authorityCertificate(signer, ['example'], validity),
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
}

const PLACE: Place = { domain: 'login.acme.example', profile: 'Strict' };
const judge = (cert: string, key: string, profile: TlsProfile = 'Strict') =>
  judgeCertificate({ ...PLACE, profile }, { cert, key }, NOW).verdict;

test('an ECDSA certificate for the domain is good, with and without its chain', () => {
  const { leaf, root, key } = make({});
  assert.equal(judge(leaf, key).status, 'True');
  assert.equal(judge(`${leaf}\n${root}`, key).status, 'True');
  assert.equal(judgeCertificate(PLACE, { cert: leaf, key }, NOW).notAfter, NOW + 90 * DAY);
});

test('a wildcard covers one label', () => {
  const { leaf, key } = make({ names: ['*.acme.example'] });
  assert.equal(judge(leaf, key).status, 'True');
  assert.equal(
    judgeCertificate({ ...PLACE, domain: 'a.b.acme.example' }, { cert: leaf, key }, NOW).verdict.status,
    'False',
  );
});

test('an RSA key is refused by name under Strict, in words that lead to the profile that takes it', () => {
  const { leaf, key } = make({ rsa: 2048 });
  assert.equal(judge(leaf, key).reason, 'CertificateKeyNotEcdsa');
  assert.match(judge(leaf, key).message, /BestPractices/);
  assert.equal(judge(leaf, key, 'BestPractices').status, 'True');
});

test('BestPractices takes ECDSA as Strict does, and neither short RSA keys nor other curves', () => {
  for (const wish of [{}, { curve: 'P-256' }]) {
    const { leaf, key } = make(wish);
    assert.equal(judge(leaf, key, 'BestPractices').status, 'True');
  }
  for (const wish of [{ rsa: 1024 }, { curve: 'P-521' }]) {
    const { leaf, key } = make(wish);
    assert.equal(judge(leaf, key, 'BestPractices').reason, 'CertificateInvalid');
    assert.equal(judge(leaf, key, 'Strict').reason, 'CertificateKeyNotEcdsa');
  }
});

test('each other fault is said in its own words', () => {
  const good = make({});
  const other = make({ names: ['other.example'], commonName: 'login.acme.example' });
  const expired = make({ from: -10, to: -1 });
  const early = make({ from: 1 });
  const faults: [string, string, RegExp][] = [
    [other.leaf, other.key, /does not name login\.acme\.example/],
    [expired.leaf, expired.key, /expired at 2026-05-31/],
    [early.leaf, early.key, /valid only from/],
    [good.leaf, other.key, /does not belong/],
    [`${good.leaf}\n${other.root}`, good.key, /out of order/],
    ['nothing', good.key, /no readable certificate/],
    [good.leaf, 'nothing', /no readable private key/],
  ];
  for (const [cert, key, words] of faults) {
    const verdict = judge(cert, key);
    assert.equal(verdict.reason, 'CertificateInvalid');
    assert.match(verdict.message, words);
  }
});
