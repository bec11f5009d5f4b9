import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { Verdict } from '#crds/schema/conditions.ts';
import type { TlsProfile } from '#crds/schema/tls.ts';
import { bad, good } from './verdict.ts';

/** Owns whether a certificate and key are fit for a domain under a TLS profile: Strict has ECDSA suites only. */

const PEM = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;
const CURVES = new Set(['prime256v1', 'secp384r1']);
const DAY = 86_400_000;

/** Where a certificate is to be shown. */
export interface Place {
  domain: string;
  profile: TlsProfile;
}

export interface Pair {
  /** PEM, leaf first. */
  cert: string;
  /** PEM. */
  key: string;
}

export interface Fitness {
  verdict: Verdict;
  /** Milliseconds since the epoch; undefined when there is no readable leaf. */
  notAfter?: number;
}

function parseChain(cert: string): X509Certificate[] | undefined {
  try {
    const chain = [...cert.matchAll(PEM)].map(match => new X509Certificate(match[0]));
    return chain.length > 0 ? chain : undefined;
  } catch {
    return undefined;
  }
}

function parseKey(key: string): KeyObject | undefined {
  try {
    return createPrivateKey(key);
  } catch {
    return undefined;
  }
}

const invalid = (message: string) => bad('CertificateInvalid', message);

interface Case extends Place {
  now: number;
  leaf: X509Certificate;
  chain: X509Certificate[];
  key: KeyObject;
}

const isEcdsa = ({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean =>
  asymmetricKeyType === 'ec' && CURVES.has(asymmetricKeyDetails?.namedCurve ?? '');

/** Shorter ones are broken; longer ones make every handshake cost tens of milliseconds of everybody's time. */
const isRsa = ({ asymmetricKeyType, asymmetricKeyDetails: { modulusLength = 0 } = {} }: KeyObject): boolean =>
  asymmetricKeyType === 'rsa' && modulusLength >= 2048 && modulusLength <= 4096;

/** The keys that go with the suites of a profile (crds/shared/pure/cipher-suites.ts). */
const KEYS: Record<TlsProfile, (key: KeyObject) => Verdict | undefined> = {
  Strict: key =>
    isEcdsa(key)
      ? undefined
      : bad(
          'CertificateKeyNotEcdsa',
          'tls.crt must have an ECDSA key on P-256 or P-384: tls.profile Strict has no other suite. An RSA key needs tls.profile BestPractices.',
        ),
  BestPractices: key =>
    isEcdsa(key) || isRsa(key)
      ? undefined
      : invalid('tls.crt must have an ECDSA key on P-256 or P-384, or an RSA key of 2048 to 4096 bits.'),
};

/** The first rule that has something to say decides. */
const RULES: ((it: Case) => Verdict | undefined)[] = [
  ({ leaf, profile }) => KEYS[profile](leaf.publicKey),
  ({ leaf, key }) => (leaf.checkPrivateKey(key) ? undefined : invalid('tls.key does not belong to tls.crt.')),
  ({ leaf, domain }) =>
    // Only the subject alternative name counts (RFC 9525 section 2).
    leaf.checkHost(domain, { subject: 'never' }) === undefined
      ? invalid(`tls.crt does not name ${domain} in its subject alternative names.`)
      : undefined,
  ({ leaf, now }) =>
    Date.parse(leaf.validTo) <= now ? invalid(`tls.crt expired at ${iso(Date.parse(leaf.validTo))}.`) : undefined,
  ({ leaf, now }) =>
    Date.parse(leaf.validFrom) > now
      ? invalid(`tls.crt is valid only from ${iso(Date.parse(leaf.validFrom))}.`)
      : undefined,
  ({ chain }) =>
    chain.every((certificate, position) => isIssuedByNext(certificate, chain[position + 1]))
      ? undefined
      : invalid('tls.crt is out of order: put the leaf first, then each issuer after what it issued.'),
];

function isIssuedByNext(certificate: X509Certificate, next: X509Certificate | undefined): boolean {
  return next === undefined || (certificate.checkIssued(next) && certificate.verify(next.publicKey));
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

export function judgeCertificate(place: Place, { cert, key }: Pair, now: number): Fitness {
  const chain = parseChain(cert);
  const leaf = chain?.[0];
  if (chain === undefined || leaf === undefined) return { verdict: invalid('tls.crt holds no readable certificate.') };
  const privateKey = parseKey(key);
  if (privateKey === undefined) return { verdict: invalid('tls.key holds no readable private key.') };
  const found = RULES.map(rule => rule({ ...place, now, leaf, chain, key: privateKey })).find(it => it !== undefined);
  const notAfter = Date.parse(leaf.validTo);
  return { verdict: found ?? good(`The certificate is valid until ${iso(notAfter)}.`), notAfter };
}

/** Milliseconds until it should be looked at again: at 30 days left a development certificate is made anew. */
export const RENEW_BEFORE = 30 * DAY;
/** A brought certificate with less time left than this gets an advisory. */
export const WARN_BEFORE = 14 * DAY;
