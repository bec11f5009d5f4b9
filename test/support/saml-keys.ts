import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readCertificate } from '#crds/shared/pure/saml/certificate.ts';
import type { SigningKey } from '#crds/shared/pure/xml/sign.ts';
import { selfSignedCertificate } from '#operator/keys/x509/certificate.ts';
import { validityFrom } from '#operator/keys/x509/validity.ts';

/** Throw-away RSA keys with self-signed certificates, as SAML uses them. */

export interface SamlKey extends SigningKey {
  /** PKCS#8 PEM. */
  keyPem: string;
  certificatePem: string;
  publicKey: KeyObject;
}

const made = new Map<string, SamlKey>();

/** The same name gives the same key within a process: making one takes a tenth of a second. */
export function samlKey(name: string, modulusLength = 2048): SamlKey {
  const known = made.get(name);
  if (known !== undefined) return known;
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength });
  const certificatePem = selfSigned(name, privateKey);
  const read = readCertificate(certificatePem);
  if (read === undefined) throw new Error('the certificate of the test cannot be read');
  const keyPem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const key = { key: privateKey, certificate: read.base64, keyPem, certificatePem, publicKey: read.publicKey };
  made.set(name, key);
  return key;
}

/** SAML looks at the key and nothing else. Works for EC keys, too. */
export function selfSigned(commonName: string, privateKey: KeyObject): string {
  return selfSignedCertificate({ commonName, privateKey }, validityFrom(new Date(), 365));
}
