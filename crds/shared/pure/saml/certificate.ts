import { type KeyObject, X509Certificate } from 'node:crypto';
import { isRsa } from '../xml/rsa.ts';

/** A certificate of a service provider: only a wrapper around its key. Neither chain nor dates decide (Metadata IOP, 2.6). */
export interface SamlCertificate {
  /** DER in base64, without line breaks. */
  base64: string;
  /** Epoch milliseconds; for the advisory, not for the check of a signature. */
  notAfter: number;
  publicKey: KeyObject;
  /** false: no RSA key of 2048 bits or more, so it can verify nothing. */
  usable: boolean;
}

/** PEM (the first certificate in it) or bare base64 of DER; undefined where neither is in it. */
export function readCertificate(text: string): SamlCertificate | undefined {
  const armoured = /-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/.exec(text)?.[1];
  const dense = (armoured ?? text).replaceAll(/[ \t\r\n]+/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(dense)) return undefined;
  try {
    const certificate = new X509Certificate(Buffer.from(dense, 'base64'));
    const { publicKey, raw, validTo } = certificate;
    return { base64: raw.toString('base64'), notAfter: Date.parse(validTo), publicKey, usable: isRsa(publicKey) };
  } catch {
    // Whatever OpenSSL finds wrong with it, the answer is the same: this is no certificate.
    return undefined;
  }
}
