import { generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import type { TenantKeys } from '#crds/schema/live-config.ts';
import { selfSignedCertificate } from './x509/certificate.ts';
import { validityFrom } from './x509/validity.ts';

/** Owns the making of a tenant's keys for SAML: RSA, since that is what applications verify, and of no other use. */

export type SamlKeys = NonNullable<TenantKeys['saml']>;

/** Applications compare the key, not the dates; a certificate that ends breaks the few that look, all at once. */
const DAYS = 3650;
/** RFC 5280 appendix A.1, ub-common-name. */
const LONGEST_NAME = 64;

export async function mintSamlKeys(domain: string, now: Date): Promise<SamlKeys> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const commonName = domain.length <= LONGEST_NAME ? domain : 'SAML signing';
  const certificate = selfSignedCertificate({ commonName, privateKey }, validityFrom(now, DAYS));
  const key = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  return { keys: [{ state: 'Current', key, certificate }], nameIdSalt: randomBytes(32).toString('base64url') };
}
