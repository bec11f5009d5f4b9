import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { authorityCertificate, serverCertificate } from '#operator/keys/x509/certificate.ts';
import { judgeCertificate } from '#operator/rules/certificate.ts';

const NOW = Date.parse('2026-06-01T00:00:00Z');
const DAY = 86_400_000;

interface Wish {
  isRsa?: boolean;
  names?: string[];
  /** Days from now. */
  from?: number;
  to?: number;
  commonName?: string;
}

function make({ isRsa = false, names = ['login.acme.example'], from = -1, to = 90, commonName = 'x' }: Wish) {
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { privateKey, publicKey } = isRsa
    ? generateKeyPairSync('rsa', { modulusLength: 2048 })
    : generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const serial = Buffer.concat([Buffer.from([0x40]), randomBytes(15)]);
  const validity = { serial, notBefore: new Date(NOW + from * DAY), notAfter: new Date(NOW + to * DAY) };
  const signer = { commonName: 'root', privateKey: authority.privateKey };
  return {
    leaf: serverCertificate({ commonName, publicKey }, names, signer, validity),
    root: authorityCertificate(signer, ['example'], validity),
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
}

const judge = (cert: string, key: string) => judgeCertificate('login.acme.example', { cert, key }, NOW).verdict;

test('an ECDSA certificate for the domain is good, with and without its chain', () => {
  const { leaf, root, key } = make({});
  assert.equal(judge(leaf, key).status, 'True');
  assert.equal(judge(`${leaf}\n${root}`, key).status, 'True');
  assert.equal(judgeCertificate('login.acme.example', { cert: leaf, key }, NOW).notAfter, NOW + 90 * DAY);
});

test('a wildcard covers one label', () => {
  const { leaf, key } = make({ names: ['*.acme.example'] });
  assert.equal(judge(leaf, key).status, 'True');
  assert.equal(judgeCertificate('a.b.acme.example', { cert: leaf, key }, NOW).verdict.status, 'False');
});

test('an RSA key is refused by name', () => {
  const { leaf, key } = make({ isRsa: true });
  assert.equal(judge(leaf, key).reason, 'CertificateKeyNotEcdsa');
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
