import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { calculateJwkThumbprint, importJWK, jwtVerify, SignJWT } from 'jose';
import { clientCredentials, tenantKeys } from '#crds/schema/live-config.ts';
import { isShortSecret } from '#operator/keys/argon2.ts';
import { credentialsFor, isMinted, mintClientSecret } from '#operator/keys/client-secret.ts';
import { mintTenantKeys } from '#operator/keys/tenant-keys.ts';

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
