import type { Verdict } from '#crds/schema/conditions.ts';
import { type Fitness, judgeCertificate, type Pair, type Place } from './certificate.ts';
import { bad, good, unknown } from './verdict.ts';

/**
 * Owns what a certificate of cert-manager is worth: cert-manager says how far it is, the pair itself says whether it is
 * fit. Both must agree before it counts as ready; a pair that is fit is served in any case.
 */

/** A Certificate of cert-manager, as far as it is read. */
export interface Issuance {
  generation: number;
  conditions: readonly IssuanceCondition[];
  /** In a row, since the last success. */
  failedAttempts: number;
}

interface IssuanceCondition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  observedGeneration?: number;
}

export interface IssuanceCase {
  place: Place;
  /** undefined: it is not there yet. */
  issuance: Issuance | undefined;
  /** undefined: the Secret is not there, or not whole. */
  pair: Pair | undefined;
  /** Milliseconds since the epoch. */
  now: number;
}

export interface Issued extends Fitness {
  /** The pair may be served. */
  isFit: boolean;
}

export const NO_CERT_MANAGER: Verdict = bad(
  'CertManagerMissing',
  'This cluster serves no cert-manager.io/v1 Certificates. Install cert-manager (https://cert-manager.io/docs/installation); it is found without a restart.',
);

const ASKED = unknown('Progressing', 'cert-manager is asked for the certificate.');

export function judgeIssued({ place, issuance, pair, now }: IssuanceCase): Issued {
  const fitness = pair === undefined ? undefined : judgeCertificate(place, pair, now);
  const isFit = fitness?.verdict.status === 'True';
  const dates = fitness?.notAfter === undefined ? {} : { notAfter: fitness.notAfter };
  const waiting = judgeProgress(issuance);
  if (waiting !== undefined) return { verdict: waiting, isFit, ...dates };
  if (fitness === undefined)
    return { verdict: unknown('Progressing', 'The Secret of cert-manager is not there yet.'), isFit };
  if (!isFit) return { verdict: fitness.verdict, isFit, ...dates };
  return { verdict: good(`cert-manager issued it. ${fitness.verdict.message}`), isFit, ...dates };
}

/** undefined: cert-manager says that the newest wish is met. */
function judgeProgress(issuance: Issuance | undefined): Verdict | undefined {
  if (issuance === undefined) return ASKED;
  const of = (type: string) => issuance.conditions.find(condition => condition.type === type);
  const [ready, issuing] = [of('Ready'), of('Issuing')];
  if (ready === undefined || (ready.observedGeneration ?? 0) < issuance.generation) return ASKED;
  if (ready.status === 'True') return undefined;
  const hasFailed = issuing?.status === 'False' && issuance.failedAttempts > 0;
  return hasFailed ? bad('IssuanceFailed', wordsOf(issuing)) : unknown('Progressing', wordsOf(ready));
}

function wordsOf({ reason = '', message = '' }: IssuanceCondition): string {
  return `cert-manager says ${reason}: ${message.slice(0, 1500)}`;
}

/** Where a renewal does not come about while the old certificate is still good. */
export function adviseRenewal(issuance: Issuance | undefined): Verdict | undefined {
  if (issuance === undefined || issuance.failedAttempts === 0) return undefined;
  const failed = issuance.conditions.find(({ type, status }) => type === 'Issuing' && status === 'False');
  return failed === undefined ? undefined : { status: 'True', reason: 'RenewalFailed', message: wordsOf(failed) };
}
