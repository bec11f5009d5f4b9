import { randomBytes } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import { FORMAT, type TenantKeys } from '#crds/schema/live-config.ts';
import { mintSamlKeys } from './saml-keys.ts';

/**
 * Owns the making of a tenant's keys. They are made once and kept: whoever calls this has looked for the old ones. It
 * must not know where they are stored.
 */

/** Every tenant has one key a family; RS256 is what each application understands (OpenID Connect Discovery section 3). */
const ALGORITHMS = ['ES256', 'RS256'] as const;

async function mintSigningKey(alg: (typeof ALGORITHMS)[number]): Promise<TenantKeys['signing'][number]> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true, modulusLength: 2048 });
  const jwk = await exportJWK(privateKey);
  // RFC 7638: the thumbprint is over the public members only, so it is the same for both halves.
  const kid = await calculateJwkThumbprint(jwk);
  return { state: 'Current', jwk: { ...jwk, kid, alg, use: 'sig' } };
}

export async function mintTenantKeys(domain: string, now: Date): Promise<TenantKeys> {
  const [signing, saml] = await Promise.all([Promise.all(ALGORITHMS.map(mintSigningKey)), mintSamlKeys(domain, now)]);
  return { format: FORMAT, signing, cookies: [randomBytes(32).toString('base64url')], saml };
}

/** Adds what an earlier version did not make; whatever is there stays as it is. */
export async function completeTenantKeys(keys: TenantKeys, domain: string, now: Date): Promise<TenantKeys> {
  return keys.saml === undefined ? { ...keys, saml: await mintSamlKeys(domain, now) } : keys;
}
