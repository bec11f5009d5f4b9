import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { readCertificate } from '#crds/shared/pure/saml/certificate.ts';
import type { SigningKey } from '#crds/shared/pure/xml/sign.ts';
import { bitString, integer, oid, sequence, set, utcTime, utf8 } from '#operator/local/der.ts';

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
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength });
  const certificatePem = selfSigned(name, privateKey, publicKey);
  const read = readCertificate(certificatePem);
  if (read === undefined) throw new Error('the certificate of the test cannot be read');
  const keyPem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const key = { key: privateKey, certificate: read.base64, keyPem, certificatePem, publicKey: read.publicKey };
  made.set(name, key);
  return key;
}

const DAY = 86_400_000;

/** X.509 with no extensions: SAML looks at the key and nothing else. Works for EC keys, too. */
export function selfSigned(name: string, privateKey: KeyObject, publicKey: KeyObject): string {
  const isRsa = privateKey.asymmetricKeyType === 'rsa';
  const algorithm = isRsa
    ? sequence(oid('1.2.840.113549.1.1.11'), Buffer.from([5, 0]))
    : sequence(oid('1.2.840.10045.4.3.2'));
  const subject = sequence(set(sequence(oid('2.5.4.3'), utf8(name))));
  const body = sequence(
    integer(randomBytes(8)),
    algorithm,
    subject,
    sequence(utcTime(new Date(Date.now() - DAY)), utcTime(new Date(Date.now() + 365 * DAY))),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const der = sequence(body, algorithm, bitString(sign('sha256', body, privateKey)));
  return `-----BEGIN CERTIFICATE-----\n${(der.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END CERTIFICATE-----\n`;
}
