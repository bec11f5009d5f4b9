import type { TlsProfile } from '#crds/schema/tls.ts';
import type { CertificateFacts } from './certificate-facts.ts';

/** Judges the certificate that a server shows for a host. Pure; whether a certificate may be put there at all is a rule. */

export type CertificateFault = 'KeyUnfit' | 'NameMissing' | 'Expired' | 'NotYetValid' | 'Untrusted' | 'ExpiresSoon';

export interface CertificateFinding {
  fault: CertificateFault;
  message: string;
  fix: string;
}

export interface CertificateCase {
  host: string;
  profile: TlsProfile;
  /** Milliseconds since the epoch. */
  now: number;
}

const DAY = 86_400_000;
/** A renewal that works comes well before (cert-manager: at two thirds of the lifetime). */
const SOON = 7 * DAY;

/** Every fault, the worst first. */
export function judgeShown(facts: CertificateFacts, it: CertificateCase): CertificateFinding[] {
  return RULES.map(rule => rule(facts, it)).filter(found => found !== undefined);
}

type Rule = (facts: CertificateFacts, it: CertificateCase) => CertificateFinding | undefined;

const RULES: readonly Rule[] = [
  ({ key }, { profile }) =>
    isFit(key, profile)
      ? undefined
      : {
          fault: 'KeyUnfit',
          message: `Its key is ${keyName(key)}; profile ${profile} has no suite for that.`,
          fix: 'Issue the certificate with an ECDSA key on P-256 or P-384.',
        },
  ({ coversHost, names }, { host }) =>
    coversHost
      ? undefined
      : {
          fault: 'NameMissing',
          message: `It is for ${names.join(', ') || 'no DNS name'}, not for ${host}.`,
          fix: `Issue a certificate that names ${host}; if there is one, the server does not find it for this name.`,
        },
  ({ notAfter }, { now }) =>
    notAfter > now
      ? undefined
      : {
          fault: 'Expired',
          message: `It expired at ${iso(notAfter)}.`,
          fix: 'Renew it: kubectl describe certificate shows why that did not happen.',
        },
  ({ notBefore }, { now }) =>
    notBefore <= now
      ? undefined
      : {
          fault: 'NotYetValid',
          message: `It is valid only from ${iso(notBefore)}.`,
          fix: 'Check the clocks, here and where it was issued.',
        },
  // The times are told of above; OpenSSL names the first fault only.
  ({ distrust, ...facts }) =>
    distrust === undefined || /EXPIRED|NOT_YET_VALID/.test(distrust) ? undefined : untrusted(facts, distrust),
  ({ notAfter }, { now }) =>
    notAfter <= now || notAfter - now > SOON
      ? undefined
      : {
          fault: 'ExpiresSoon',
          message: `It expires in ${Math.ceil((notAfter - now) / DAY)} days, at ${iso(notAfter)}.`,
          fix: 'See that its renewal works: kubectl describe certificate.',
        },
];

function untrusted(facts: Omit<CertificateFacts, 'distrust'>, code: string): CertificateFinding {
  const { isSelfSigned, chainLength, issuer } = facts;
  const message = isSelfSigned
    ? `It is signed by itself (${code}).`
    : `No trusted root stands behind ${issuer} (${code}); the server sent ${chainLength} certificate${chainLength === 1 ? '' : 's'}.`;
  const fix =
    chainLength === 1 && !isSelfSigned
      ? 'Put the intermediate certificates behind the leaf in tls.crt; a private CA is named with --ca.'
      : 'Use a certificate of a trusted CA; a private CA is named with --ca.';
  return { fault: 'Untrusted', message, fix };
}

type Key = CertificateFacts['key'];

function isFit(key: Key, profile: TlsProfile): boolean {
  if ('curve' in key) return key.curve === 'prime256v1' || key.curve === 'secp384r1';
  return profile === 'BestPractices' && 'bits' in key && key.bits >= 2048 && key.bits <= 4096;
}

const CURVES: Readonly<Record<string, string>> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' };

export function keyName(key: Key): string {
  if ('curve' in key) return `ECDSA ${CURVES[key.curve] ?? key.curve}`;
  return 'bits' in key ? `RSA ${key.bits}` : key.kind;
}

const iso = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');
