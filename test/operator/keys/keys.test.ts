import assert from 'node:assert/strict';
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { calculateJwkThumbprint, importJWK, jwtVerify, SignJWT } from 'jose';
import { clientCredentials, tenantKeys } from '#crds/schema/live-config.ts';
import { isShortSecret } from '#operator/keys/argon2.ts';
import { credentialsFor, isMinted, mintClientSecret } from '#operator/keys/client-secret.ts';
import { completeTenantKeys, mintTenantKeys } from '#operator/keys/tenant-keys.ts';

test('a tenant gets one key a family, named by its thumbprint, that signs and verifies', async () => {
  const keys = tenantKeys.parse(await mintTenantKeys('login.acme.example', new Date()));
  assert.deepEqual(
    keys.signing.map(({ jwk }) => jwk.alg),
    ['ES256', 'RS256'],
  );
  for (const { jwk } of keys.signing) {
    const { d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...publicJwk } = jwk;
    assert.equal(jwk.kid, await calculateJwkThumbprint(publicJwk as never));
    const token = await new SignJWT({}).setProtectedHeader({ alg: jwk.alg }).sign(await importJWK(jwk as never));
    await jwtVerify(token, await importJWK(publicJwk as never));
  }
  assert.equal(Buffer.from(keys.cookies[0] ?? '', 'base64url').length, 32);
});

const DOMAIN = 'login.acme.example';

test('a tenant gets an RSA key for SAML that is none of its others, and a salt', async () => {
  const { saml, signing } = tenantKeys.parse(await mintTenantKeys(DOMAIN, new Date()));
  const [entry, ...more] = saml?.keys ?? [];
  assert.deepEqual(more, []);
  assert.ok(entry?.state === 'Current' && entry.key.startsWith('-----BEGIN PRIVATE KEY-----'));
  const key = createPrivateKey(entry.key);
  assert.equal(key.asymmetricKeyType, 'rsa');
  assert.equal(key.asymmetricKeyDetails?.modulusLength, 2048);
  const certificate = new X509Certificate(entry.certificate);
  assert.ok(certificate.checkPrivateKey(key) && certificate.verify(certificate.publicKey));
  assert.equal(certificate.subject, `CN=${DOMAIN}`);
  const { n } = key.export({ format: 'jwk' });
  assert.ok(signing.every(({ jwk }) => jwk['n'] !== n));
  assert.equal(Buffer.from(saml?.nameIdSalt ?? '', 'base64url').length, 32);
});

test('keys of an earlier version get what SAML needs, and nothing else of them changes', async () => {
  const { saml: _saml, ...earlier } = await mintTenantKeys(DOMAIN, new Date());
  const { saml, ...rest } = await completeTenantKeys(earlier, DOMAIN, new Date());
  assert.deepEqual(rest, earlier);
  assert.equal(saml?.keys.length, 1);
  const complete = { ...rest, saml };
  assert.equal(await completeTenantKeys(complete, DOMAIN, new Date()), complete);
});

test('a domain longer than a common name may be still gets its certificate', async () => {
  const keys = await mintTenantKeys(`${'a'.repeat(63)}.example`, new Date());
  assert.equal(new X509Certificate(keys.saml?.keys[0]?.certificate ?? '').subject, 'CN=SAML signing');
});

test('a minted secret holds 256 bits, needs no escaping and never comes twice', () => {
  const made = new Set(Array.from({ length: 2000 }, mintClientSecret));
  assert.equal(made.size, 2000);
  assert.ok([...made].every(isMinted));
  assert.ok(43 * Math.log2(62) >= 256);
  const letters = new Set([...made].join(''));
  assert.equal(letters.size, 62);
});

test('a long secret is stored as SHA-256, a short one as argon2id, and never the value', async () => {
  const long = 'x'.repeat(32);
  const stored = clientCredentials.parse(await credentialsFor(long, undefined));
  assert.deepEqual(stored.secrets, [
    { algorithm: 'sha256', hash: createHash('sha256').update(long).digest('base64url') },
  ]);
  const short = clientCredentials.parse(await credentialsFor('hunter2', undefined));
  assert.equal(short.secrets[0]?.algorithm, 'argon2id');
  assert.ok(await isShortSecret('hunter2', short.secrets[0]?.hash ?? ''));
  assert.ok(!(await isShortSecret('hunter3', short.secrets[0]?.hash ?? '')));
  assert.ok(!JSON.stringify([stored, short]).includes('hunter2'));
});

test('a short secret is hashed again only when it changed', async () => {
  const first = await credentialsFor('hunter2', undefined);
  assert.deepEqual(await credentialsFor('hunter2', first), first);
  assert.notDeepEqual(await credentialsFor('hunter3', first), first);
});
