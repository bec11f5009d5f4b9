import { constants, type KeyObject, sign, verify } from 'node:crypto';
import { XmlError } from './xml-error.ts';

/**
 * RSASSA-PKCS1-v1_5 with keys that are RSA keys. node:crypto takes the kind of signature from the kind of key: an EC key
 * would sign, and verify, under the name of an RSA algorithm without an error.
 */

const SMALLEST_BITS = 2048;

export function isRsa(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= SMALLEST_BITS;
}

/** base64. Throws XmlError KeyNotRsa. */
export function signRsa(hash: string, bytes: Uint8Array, key: KeyObject): string {
  if (key.type !== 'private' || !isRsa(key))
    throw new XmlError('KeyNotRsa', `SAML signs with an RSA key of at least ${SMALLEST_BITS} bits`);
  return sign(hash, bytes, { key, padding: constants.RSA_PKCS1_PADDING }).toString('base64');
}

/** true when one of the keys made the signature. Throws XmlError SignatureKey when none of them could have. */
export function verifyRsa(hash: string, bytes: Uint8Array, signature: Uint8Array, keys: readonly KeyObject[]): boolean {
  const usable = keys.filter(key => key.type === 'public' && isRsa(key));
  if (usable.length === 0) throw new XmlError('SignatureKey', 'no registered RSA certificate can verify a signature');
  return usable.some(key => verify(hash, bytes, { key, padding: constants.RSA_PKCS1_PADDING }, signature));
}

/** Strict base64 with the white space that XML allows inside; undefined for anything else. */
export function fromBase64(text: string): Buffer | undefined {
  const dense = text.replaceAll(/[ \t\r\n]+/g, '');
  if (dense === '' || dense.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(dense)) return undefined;
  return Buffer.from(dense, 'base64');
}
