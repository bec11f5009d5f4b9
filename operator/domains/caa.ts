import type { CaaRecord } from 'node:dns';
import { canonicalName, type DnsFailure, type DnsQuestions } from './dns-questions.ts';

/**
 * Who may issue certificates for a host (RFC 8659): finds the relevant set of CAA records by climbing the tree, and judges
 * it. It must not know which certificate authority somebody uses; that is passed in.
 */

export type CaaFacts =
  /** `at`: the name whose records count; undefined: there are none up to the top, so anybody may issue. */
  { kind: 'known'; at?: string; records: CaaRecord[] } | { kind: 'failed'; at: string; why: DnsFailure };

/** Section 3: the closest name that has any CAA record decides; CNAMEs are followed by the resolver, not by climbing. */
export async function gatherCaa(dns: DnsQuestions, host: string): Promise<CaaFacts> {
  const labels = canonicalName(host)
    .replace(/^[*][.]/, '')
    .split('.');
  for (let from = 0; from < labels.length; from += 1) {
    const at = labels.slice(from).join('.');
    const answer = await dns.caa(at);
    if (answer.kind === 'failed') return { kind: 'failed', at, why: answer.why };
    if (answer.kind === 'found') return { kind: 'known', at, records: answer.records };
  }
  return { kind: 'known', records: [] };
}

export interface CaaVerdict {
  reason: 'Allowed' | 'Forbidden' | 'UnknownCritical' | 'Unanswered';
  message: string;
  /** Zone-file lines that would allow it. */
  records: string[];
}

export interface CaaQuestion {
  /** `*.` before it: a wildcard. */
  host: string;
  /** The domain under which the certificate authority is named in CAA records; undefined: anybody will do. */
  issuer?: string | undefined;
}

const CRITICAL = 128;
const KNOWN_TAGS = new Set(['issue', 'issuewild', 'iodef', 'contactemail', 'contactphone', 'issuemail', 'issuevmc']);

export function judgeCaa(facts: CaaFacts, { host, issuer }: CaaQuestion): CaaVerdict {
  if (facts.kind === 'failed')
    return {
      reason: 'Unanswered',
      message: `The CAA records of ${facts.at} could not be read (${facts.why}); a certificate authority may not issue then.`,
      records: [],
    };
  const { at, records } = facts;
  if (at === undefined)
    return { reason: 'Allowed', message: 'No CAA record: any certificate authority may issue.', records: [] };
  const critical = records.flatMap(unknownCritical)[0];
  if (critical !== undefined)
    return {
      reason: 'UnknownCritical',
      message: `A CAA record at ${at} has the critical property ${critical}, which certificate authorities do not know: nobody may issue.`,
      records: [],
    };
  return judgeIssuers(issuersOf(records, host.startsWith('*.')), at, issuer);
}

/** Section 4.1: who does not understand a critical property must not issue. */
function unknownCritical({ critical, ...properties }: CaaRecord): string[] {
  if ((critical & CRITICAL) === 0) return [];
  return Object.keys(properties).filter(tag => tag !== 'type' && !KNOWN_TAGS.has(tag.toLowerCase()));
}

/** Undefined: nothing is said about it. Section 4.3: issuewild, where it is there at all, alone counts for wildcards. */
function issuersOf(records: CaaRecord[], isWildcard: boolean): string[] | undefined {
  const named = (tag: 'issue' | 'issuewild'): string[] =>
    records.flatMap(record => (record[tag] === undefined ? [] : [issuerDomain(record[tag])]));
  const wild = named('issuewild');
  const issuers = isWildcard && wild.length > 0 ? wild : named('issue');
  return issuers.length === 0 ? undefined : issuers.filter(issuer => issuer !== '');
}

/** The part before the parameters; empty: nobody (section 4.2). */
function issuerDomain(value: string): string {
  return canonicalName((value.split(';')[0] ?? '').trim());
}

function judgeIssuers(issuers: string[] | undefined, at: string, issuer: string | undefined): CaaVerdict {
  if (issuers === undefined)
    return { reason: 'Allowed', message: `The CAA records of ${at} do not restrict who may issue.`, records: [] };
  const named = issuers.length === 0 ? 'nobody' : issuers.join(', ');
  const isAllowed = issuer === undefined ? issuers.length > 0 : issuers.includes(canonicalName(issuer));
  const message = `The CAA records of ${at} let ${named} issue`;
  if (isAllowed) return { reason: 'Allowed', message: `${message}.`, records: [] };
  return {
    reason: 'Forbidden',
    message: `${message}${issuer === undefined ? '' : `, not ${issuer}`}.`,
    records: [`${at}. 300 IN CAA 0 issue "${issuer ?? 'letsencrypt.org'}"`],
  };
}
