import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { mintSamlKeys } from '#operator/keys/saml-keys.ts';
import { selfSignedCertificate } from '#operator/keys/x509/certificate.ts';
import { validityFrom } from '#operator/keys/x509/validity.ts';

const OPENSSL = ['/usr/bin/openssl', '/usr/local/bin/openssl', '/opt/homebrew/bin/openssl'].find(path =>
  existsSync(path),
);
const openssl = (...args: string[]): string => execFileSync(OPENSSL ?? '', args, { encoding: 'utf8' });

test('openssl reads the certificate of a SAML key and finds nothing to object to', {
  skip: OPENSSL === undefined,
}, async t => {
  const dir = await mkdtemp(join(tmpdir(), 'sso-saml-'));
  t.after(() => rm(dir, { recursive: true }));
  const [file, keyFile] = [join(dir, 'saml.crt'), join(dir, 'saml.key')];
  const [made] = (await mintSamlKeys('login.acme.example', new Date())).keys;
  await writeFile(file, made?.certificate ?? '');
  await writeFile(keyFile, made?.key ?? '');
  assert.match(openssl('verify', '-x509_strict', '-check_ss_sig', '-CAfile', file, file), /saml\.crt: OK/);
  const text = openssl('x509', '-in', file, '-noout', '-text');
  for (const line of [
    'Version: 3',
    'Signature Algorithm: sha256WithRSAEncryption',
    'Subject: CN = login.acme.example',
    'Public-Key: (2048 bit)',
    'Digital Signature',
    'CA:FALSE',
  ]) {
    assert.ok(text.includes(line), `${line} is not in\n${text}`);
  }
  assert.equal(openssl('x509', '-in', file, '-noout', '-pubkey'), openssl('pkey', '-in', keyFile, '-pubout'));
});

test('dates after 2049 are written as RFC 5280 wants them', { skip: OPENSSL === undefined }, async t => {
  const dir = await mkdtemp(join(tmpdir(), 'sso-saml-'));
  t.after(() => rm(dir, { recursive: true }));
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = selfSignedCertificate({ commonName: 'x', privateKey }, validityFrom(new Date('2049-12-31T12:00:00Z'), 1));
  await writeFile(join(dir, 'x.crt'), pem);
  const tree = openssl('asn1parse', '-in', join(dir, 'x.crt'));
  assert.match(tree, /UTCTIME\s+:491231110000Z/);
  assert.match(tree, /GENERALIZEDTIME\s+:20500101110000Z/);
  assert.equal(new X509Certificate(pem).validToDate.toISOString(), '2050-01-01T11:00:00.000Z');
});

test('a key of another kind than RSA and ECDSA signs nothing', () => {
  const { privateKey } = generateKeyPairSync('ed25519');
  assert.throws(
    () => selfSignedCertificate({ commonName: 'x', privateKey }, validityFrom(new Date(), 1)),
    /not signed with ed25519/,
  );
});
