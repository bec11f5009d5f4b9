import type { Verdict } from '#crds/schema/conditions.ts';
import { bad, good, unknown } from './verdict.ts';

/**
 * Owns the question of whose domain it is: one owner per host in the whole cluster. Among admitted claims the holder
 * stays, then creationTimestamp, then UID. It must not know how a TXT record is looked up.
 */

/** Host suffix to the namespaces that may claim it; `*`: any namespace. */
export type DomainClaims = ReadonlyMap<string, readonly string[]>;

/** `suffix=ns1|ns2` entries, separated by commas or spaces. The suffix `*` stands for every host. */
export function parseDomainClaims(text: string): DomainClaims {
  const entries = text.split(/[\s,]+/).filter(entry => entry !== '');
  return new Map(
    entries.map(entry => {
      const [suffix, namespaces, rest] = entry.split('=');
      if (!suffix || !namespaces || rest !== undefined) {
        throw new TypeError(`domain claim ${JSON.stringify(entry)} is not of the form suffix=namespace|namespace`);
      }
      return [suffix.toLowerCase().replace(/^[.]/, ''), namespaces.split('|')] as const;
    }),
  );
}

function covers(suffix: string, domain: string): boolean {
  return suffix === '*' || domain === suffix || domain.endsWith(`.${suffix}`);
}

/** The longest suffix that covers the domain decides, so that a part of a shared suffix can be given to one team. */
export function isClaimable(claims: DomainClaims, domain: string, namespace: string): boolean {
  const [closest] = [...claims.keys()].filter(suffix => covers(suffix, domain)).sort((a, b) => b.length - a.length);
  const namespaces = closest === undefined ? [] : (claims.get(closest) ?? []);
  return namespaces.includes('*') || namespaces.includes(namespace);
}

export interface Claim {
  uid: string;
  creationTimestamp: string;
  /** A claim setting or a TXT record admits it. */
  isAdmitted: boolean;
  /** Its live configuration exists: people sign in there. */
  isLive: boolean;
}

/** The one claim that owns the domain; undefined when none is admitted. */
export function ownerOf(claims: readonly Claim[]): Claim | undefined {
  const rank = (claim: Claim) => [claim.isLive ? '0' : '1', claim.creationTimestamp, claim.uid].join(' ');
  return claims.filter(claim => claim.isAdmitted).sort((a, b) => (rank(a) < rank(b) ? -1 : 1))[0];
}

/** Where the proof is looked for, and what it must say. The UID is no secret: only the domain's owner can publish it. */
export function proofOf(domain: string, uid: string): { name: string; value: string } {
  return { name: `_sso-operator.${domain}`, value: `sso-operator=${uid}` };
}

/** `unreachable`: nobody could say; `wrong`: records are there, but not ours. */
export type Proof = 'notNeeded' | 'found' | 'missing' | 'wrong' | 'unreachable' | 'kept';

const PROVEN = new Set<Proof>(['notNeeded', 'found', 'kept']);

function isProven(proof: Proof): boolean {
  return PROVEN.has(proof);
}

const PROOFS: Record<Proof, (create: string) => Verdict> = {
  notNeeded: () => good('The operator lets this namespace claim the domain.'),
  found: () => good('The TXT record proves the domain.'),
  kept: () => good('The domain was proved when it was set up.'),
  missing: create => bad('DomainNotAllowed', `${create}; it was not found yet.`),
  wrong: create => bad('DomainNotAllowed', `${create}; the records found there say something else.`),
  unreachable: create => unknown('Progressing', `${create}; DNS did not answer, it is asked again.`),
};

export function judgeProof(proof: Proof, record: { name: string; value: string }): Verdict {
  return PROOFS[proof](`Create the TXT record ${record.name} with the value "${record.value}"`);
}

export interface DomainCase {
  domain: string;
  uid: string;
  proof: Proof;
  owner: Claim | undefined;
  /** The live configuration of a tenant that is gone still holds the domain and is being removed. */
  isBeingFreed: boolean;
}

export function judgeAccepted({ domain, uid, proof, owner, isBeingFreed }: DomainCase): Verdict {
  if (proof === 'unreachable') return unknown('Progressing', 'Waits until the domain is proved.');
  if (!isProven(proof)) {
    return bad('DomainNotAllowed', `This namespace may not claim ${domain} without proof; see DomainVerified.`);
  }
  if (owner !== undefined && owner.uid !== uid) {
    return bad('DomainConflict', `${domain} belongs to another tenant. Choose another domain, or remove that tenant.`);
  }
  if (isBeingFreed) return unknown('Progressing', `${domain} is being freed by its last owner.`);
  return good(`The tenant owns ${domain}.`);
}

/** Seconds until DNS is asked again: a fresh claim every 30 s, an old one every 10 minutes. */
export function recheckSeconds(ageSeconds: number): number {
  return Math.min(600, Math.max(30, ageSeconds / 4));
}
