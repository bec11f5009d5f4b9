import { isIP } from 'node:net';
import { canonicalName, type DnsFailure } from './dns-questions.ts';
import { addressesOf, failureOf, type HostFacts } from './host-facts.ts';

/**
 * Judges whether a host leads to the published target: by a CNAME to it, or by addresses that are the target's own. Pure.
 * It must not know who asked DNS or what happens next.
 */

type TargetReason =
  | 'Leads'
  | 'NotFound'
  | 'WrongTarget'
  /** IPv4 is right, IPv6 leads elsewhere: certificate authorities try IPv6 first. */
  | 'StaleAaaa'
  | 'Loop'
  | 'TargetHasNoAddress'
  /** Nobody could say: ask again. */
  | 'Unanswered';

export interface TargetVerdict {
  reason: TargetReason;
  /** One sentence for the owner of the domain. */
  message: string;
  /** Lines of a zone file that make it right, ready to paste; empty where there is nothing to create. */
  records: string[];
}

const TTL = 300;

/** @param target facts about the published name, or about a literal address. */
export function judgeTarget(host: HostFacts, target: HostFacts): TargetVerdict {
  const judged = judgeTrouble(host, target) ?? judgeAddresses(host, target);
  const isRight = ['Leads', 'Unanswered', 'TargetHasNoAddress'].includes(judged.reason);
  return { ...judged, records: isRight ? [] : recordsFor(host.host, target) };
}

type Judged = Omit<TargetVerdict, 'records'>;

/** What keeps addresses from being compared. */
function judgeTrouble(host: HostFacts, target: HostFacts): Judged | undefined {
  if (host.isLoop)
    return {
      reason: 'Loop',
      message: `${host.host} leads in a circle of CNAMEs: ${[host.host, ...host.chain].join(' -> ')}.`,
    };
  const failure = failureOf(host) ?? failureOf(target);
  if (failure !== undefined) return { reason: 'Unanswered', message: FAILED[failure] };
  if (addressesOf(target).length === 0)
    return { reason: 'TargetHasNoAddress', message: `The target ${target.host} has no address itself.` };
  return undefined;
}

const FAILED: Record<DnsFailure, string> = {
  ServFail:
    'The DNS server failed (SERVFAIL): the servers of the zone are down or disagree, or DNSSEC does not verify.',
  Refused: 'The DNS server refuses to answer for this name.',
  Timeout: 'No DNS server answered in time.',
  Unreachable: 'No DNS server could be reached.',
  Malformed: 'The answer of the DNS server cannot be read.',
};

export function failureSentence(failure: DnsFailure): string {
  return FAILED[failure];
}

function judgeAddresses(host: HostFacts, target: HostFacts): Judged {
  const found = addressesOf(host);
  const wanted = new Set(addressesOf(target));
  const stray = found.filter(address => !wanted.has(address));
  if (found.length === 0) return { reason: 'NotFound', message: missing(host) };
  if (host.chain.includes(canonicalName(target.host)) || stray.length === 0)
    return { reason: 'Leads', message: `${host.host} leads to ${target.host} (${found.join(', ')}).` };
  if (stray.length < found.length && stray.every(address => isIP(address) === 6))
    return {
      reason: 'StaleAaaa',
      message: `${host.host} has the AAAA record ${stray.join(', ')}, which is not ${target.host}; certificate authorities try IPv6 first.`,
    };
  return { reason: 'WrongTarget', message: `${describe(host)}, not to ${target.host} (${[...wanted].join(', ')}).` };
}

function missing({ host, chain, a }: HostFacts): string {
  if (chain.length > 0) return `${host} is a CNAME to ${chain.join(' -> ')}, which has no address.`;
  return a.kind === 'none' && a.why === 'NxDomain'
    ? `The name ${host} does not exist.`
    : `${host} exists, but has no address.`;
}

function describe(host: HostFacts): string {
  return [host.host, ...host.chain].join(' -> ').concat(` leads to ${addressesOf(host).join(', ')}`);
}

/** A CNAME where the target is a name; addresses where it is none. */
function recordsFor(host: string, target: HostFacts): string[] {
  if (isIP(target.host) === 0) return [`${host}. ${TTL} IN CNAME ${target.host}.`];
  return [`${host}. ${TTL} IN ${isIP(target.host) === 4 ? 'A' : 'AAAA'} ${target.host}`];
}
