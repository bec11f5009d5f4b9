import type { CaaRecord } from 'node:dns';
import { Resolver } from 'node:dns/promises';

/**
 * Owns the questions to one set of DNS servers and what each answer means. It must not know why somebody asks: whether a
 * host leads where it should is judged in host-target.ts, who may issue in caa.ts.
 */

/** Why there is no answer. The first two are answers too: nothing is there. */
type NoRecords = 'NxDomain' | 'NoData';
export type DnsFailure = 'ServFail' | 'Refused' | 'Timeout' | 'Unreachable' | 'Malformed';

export type DnsAnswer<T> =
  | { kind: 'found'; records: T[] }
  | { kind: 'none'; why: NoRecords }
  | { kind: 'failed'; why: DnsFailure };

/** Names without a trailing dot. Nothing rejects. */
export interface DnsQuestions {
  /** What a person calls this set of servers. */
  label: string;
  a(name: string): Promise<DnsAnswer<string>>;
  aaaa(name: string): Promise<DnsAnswer<string>>;
  /** The next name only, lower case. */
  cname(name: string): Promise<DnsAnswer<string>>;
  caa(name: string): Promise<DnsAnswer<CaaRecord>>;
}

const NONE: Readonly<Record<string, NoRecords>> = { ENOTFOUND: 'NxDomain', ENODATA: 'NoData' };
const FAILURES: Readonly<Record<string, DnsFailure>> = {
  ESERVFAIL: 'ServFail',
  EREFUSED: 'Refused',
  ENOTIMP: 'Refused',
  ETIMEOUT: 'Timeout',
  ECONNREFUSED: 'Unreachable',
  ENOTINITIALIZED: 'Unreachable',
};

export interface DnsServers {
  label: string;
  /** `address` or `address:port`; empty: those of the machine. */
  servers: readonly string[];
  /** For one try; there are two. */
  milliseconds: number;
}

/** Truncated answers are asked again over TCP by the resolver itself. Throws TypeError for what is no address. */
export function createDnsQuestions({ label, servers, milliseconds }: DnsServers): DnsQuestions {
  const resolver = new Resolver({ timeout: milliseconds, tries: 2 });
  if (servers.length > 0) resolver.setServers(servers);
  return {
    label,
    a: name => answerOf(resolver.resolve4(name)),
    aaaa: name => answerOf(resolver.resolve6(name)),
    cname: name => answerOf(resolver.resolveCname(name).then(names => names.map(canonicalName))),
    caa: name => answerOf(resolver.resolveCaa(name)),
  };
}

export function canonicalName(name: string): string {
  return name.toLowerCase().replace(/[.]$/, '');
}

async function answerOf<T>(question: Promise<T[]>): Promise<DnsAnswer<T>> {
  try {
    const records = await question;
    return records.length > 0 ? { kind: 'found', records } : { kind: 'none', why: 'NoData' };
  } catch (failure) {
    const code = (failure as NodeJS.ErrnoException).code ?? '';
    const why = NONE[code];
    return why === undefined ? { kind: 'failed', why: FAILURES[code] ?? 'Malformed' } : { kind: 'none', why };
  }
}
