import { isIP } from 'node:net';
import { canonicalName, type DnsAnswer, type DnsFailure, type DnsQuestions } from './dns-questions.ts';

/** Gathers what one set of DNS servers says of a host: the chain of CNAMEs and the addresses at its end. No judgement. */

export interface HostFacts {
  host: string;
  /** The names that the host stands for, in order, without the host itself. */
  chain: string[];
  isLoop: boolean;
  a: DnsAnswer<string>;
  aaaa: DnsAnswer<string>;
}

/** Resolvers stop at about as many; a longer chain is a fault of its own. */
const LONGEST_CHAIN = 12;

export async function gatherHost(dns: DnsQuestions, host: string): Promise<HostFacts> {
  if (isIP(host) !== 0) return literal(host);
  const [{ chain, isLoop }, a, aaaa] = await Promise.all([followCnames(dns, host), dns.a(host), dns.aaaa(host)]);
  return { host, chain, isLoop, a, aaaa: aaaa.kind === 'found' ? canonicalAnswer(aaaa.records) : aaaa };
}

function literal(host: string): HostFacts {
  const none: DnsAnswer<string> = { kind: 'none', why: 'NoData' };
  const found = canonicalAnswer([host]);
  const isV4 = isIP(host) === 4;
  return { host: spelled(host), chain: [], isLoop: false, a: isV4 ? found : none, aaaa: isV4 ? none : found };
}

async function followCnames(dns: DnsQuestions, host: string): Promise<{ chain: string[]; isLoop: boolean }> {
  const chain: string[] = [];
  const seen = new Set([canonicalName(host)]);
  for (let name = host; chain.length <= LONGEST_CHAIN; ) {
    const answer = await dns.cname(name);
    const next = answer.kind === 'found' ? answer.records[0] : undefined;
    if (next === undefined) return { chain, isLoop: false };
    chain.push(next);
    if (seen.has(next)) return { chain, isLoop: true };
    seen.add(next);
    name = next;
  }
  return { chain, isLoop: true };
}

export function addressesOf({ a, aaaa }: HostFacts): string[] {
  return [a, aaaa].flatMap(answer => (answer.kind === 'found' ? answer.records : []));
}

/** Where nobody could say; undefined: both questions were answered, be it with nothing. */
export function failureOf({ a, aaaa }: HostFacts): DnsFailure | undefined {
  for (const answer of [a, aaaa]) if (answer.kind === 'failed') return answer.why;
  return undefined;
}

/** IPv6 has many spellings (RFC 5952): all are brought into that of the URL parser, so that they compare. */
function canonicalAnswer(addresses: string[]): DnsAnswer<string> {
  return { kind: 'found', records: addresses.map(spelled) };
}

function spelled(address: string): string {
  return isIP(address) === 6 ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}
