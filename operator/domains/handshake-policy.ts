import type { TlsProfile, TlsVersion } from '#crds/schema/tls.ts';
import { type CipherSuite, suitesOf } from '#crds/shared/pure/cipher-suites.ts';
import { suiteName } from '#crds/shared/pure/tls/suite-names.ts';
import type { HandshakeFacts, SuiteFacts } from './handshake-probe.ts';

/** Judges what a server speaks against a TLS profile: everything that is more, less or otherwise than promised. Pure. */

type DeviationCode =
  | 'OldProtocol'
  | 'VersionMissing'
  | 'SuiteExtra'
  | 'SuiteMissing'
  | 'WrongOrder'
  | 'ClientOrder'
  /** Seen too little to say that the rest is right. */
  | 'Incomplete';

export interface Deviation {
  code: DeviationCode;
  message: string;
}

export interface Policy {
  profile: TlsProfile;
  minVersion: TlsVersion;
  /** Of the certificate: it leaves the suites for the other kind unused (RFC 8422 section 5.1). */
  key: 'ECDSA' | 'RSA';
}

/** Empty: the server does exactly what the policy says. */
export function judgeHandshakes(facts: HandshakeFacts, policy: Policy): Deviation[] {
  return [
    ...oldProtocols(facts, policy),
    ...missingVersions(facts, policy),
    ...versions(policy).flatMap(version => judgeSuites(facts.suites[version], version, promised(policy, version))),
  ];
}

function versions({ minVersion }: Policy): TlsVersion[] {
  return minVersion === '1.2' ? ['1.2', '1.3'] : ['1.3'];
}

/** The suites that the policy promises of one version, in order. */
function promised({ profile, key }: Policy, version: TlsVersion): readonly CipherSuite[] {
  return suitesOf(profile, version).filter(({ iana }) => version === '1.3' || iana.includes(`_${key}_`));
}

function oldProtocols({ spoken }: HandshakeFacts, { minVersion }: Policy): Deviation[] {
  const old = spoken.filter(version => version !== 'TLS 1.3' && (version !== 'TLS 1.2' || minVersion === '1.3'));
  if (old.length === 0) return [];
  return [deviation('OldProtocol', `It speaks ${old.join(', ')}; TLS ${minVersion} is the oldest that is allowed.`)];
}

function missingVersions({ spoken, suites }: HandshakeFacts, policy: Policy): Deviation[] {
  return versions(policy)
    .filter(version => !spoken.includes(`TLS ${version}`) && isComplete(suites[version]))
    .map(version => deviation('VersionMissing', `It does not speak TLS ${version}.`));
}

/** Silence refuses nothing. */
function isComplete({ end }: SuiteFacts): boolean {
  return end !== undefined && end.kind !== 'silent' && end.kind !== 'unreachable';
}

function judgeSuites(facts: SuiteFacts, version: TlsVersion, wanted: readonly CipherSuite[]): Deviation[] {
  const { picked, end } = facts;
  const codes = wanted.map(suite => suite.code);
  const extra = picked.filter(code => !codes.includes(code));
  const missing = picked.length === 0 ? [] : codes.filter(code => !picked.includes(code));
  const why = end?.kind ?? 'it takes too many suites';
  return [
    ...when(extra.length > 0, 'SuiteExtra', `TLS ${version} takes more than the profile: ${list(extra)}.`),
    ...when(missing.length > 0, 'SuiteMissing', `TLS ${version} lacks ${list(missing)}.`),
    ...judgeOrder(facts, version, codes),
    ...when(!isComplete(facts), 'Incomplete', `The probe of TLS ${version} ended early: ${why}.`),
  ];
}

function judgeOrder({ picked, order }: SuiteFacts, version: TlsVersion, wanted: readonly number[]): Deviation[] {
  if (order === 'client') return [deviation('ClientOrder', `TLS ${version} follows the order of the client.`)];
  const message = `TLS ${version} prefers ${list(picked)}; the profile wants ${list(wanted)}.`;
  return when(!isInOrder(picked, wanted), 'WrongOrder', message);
}

const list = (codes: readonly number[]): string => codes.map(suiteName).join(', ');

/** Of the promised ones; what is missing or too many is said elsewhere. */
function isInOrder(picked: readonly number[], wanted: readonly number[]): boolean {
  const places = picked.map(code => wanted.indexOf(code)).filter(place => place >= 0);
  return places.every((place, at) => at === 0 || place > (places[at - 1] ?? -1));
}

function when(isSo: boolean, code: DeviationCode, message: string): Deviation[] {
  return isSo ? [deviation(code, message)] : [];
}

function deviation(code: DeviationCode, message: string): Deviation {
  return { code, message };
}
