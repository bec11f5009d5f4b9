import type { SecureContext } from 'node:tls';
import type { TlsProfile } from '#crds/schema/tls.ts';
import type { Outbound, OutboundAnswer } from '#crds/shared/outbound/client.ts';
import type { AddressLookup } from '#crds/shared/outbound/lookup.ts';
import type { Endpoint, HelloAnswer } from '#crds/shared/outbound/say-hello.ts';
import type { DnsQuestions } from '#operator/domains/dns-questions.ts';

/** A step of `sso doctor`: what it needs to know, what it finds and learns. The runner knows nothing of what is looked at. */

export type Level = 'ok' | 'warning' | 'failed' | 'skipped';

export interface Finding {
  level: Level;
  message: string;
  /** What to do about it, a line each. */
  fix?: string[];
}

/** Who is looked at, and the ways to look. */
export interface Patient {
  host: string;
  port: number;
  /** Where plain HTTP is expected; undefined: nobody knows. */
  httpPort: number | undefined;
  /** The published name or address that the host should lead to. */
  target: string | undefined;
  /** The name of the certificate authority in CAA records. */
  issuer: string | undefined;
  profile: TlsProfile;
  lookup: AddressLookup;
  /** The machine's own servers first. */
  resolvers: readonly DnsQuestions[];
  /** Calls to the host go to this address. */
  outbound: (address: string) => Outbound;
  trust: SecureContext;
  say: (endpoint: Endpoint, hello: Buffer) => Promise<HelloAnswer>;
  entropy: (size: number) => Uint8Array;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** What later steps build upon. */
export interface Learned {
  addresses: readonly string[];
  /** The one that answers. */
  address: string;
  key: 'ECDSA' | 'RSA';
  /** Browsers and applications would go on. */
  isTrusted: true;
  discovery: Discovery;
}

interface Discovery {
  answer: OutboundAnswer;
  /** When the request went out, and when the answer was there. */
  sent: number;
  received: number;
  issuer: string;
  jwksUri: string;
}

export interface Outcome {
  findings: Finding[];
  learned?: Partial<Learned>;
}

export interface Step {
  title: string;
  /** The exit code when this is the first step that fails. */
  exit: number;
  run: (patient: Patient, known: Partial<Learned>) => Promise<Outcome>;
}

export interface StepPlan<K extends keyof Learned> {
  title: string;
  exit: number;
  needs: readonly K[];
  run: (patient: Patient, known: Pick<Learned, K>) => Promise<Outcome>;
}

const SOURCES: Record<keyof Learned, string> = {
  addresses: 'DNS',
  address: 'Connection',
  key: 'Certificate',
  isTrusted: 'Certificate',
  discovery: 'OpenID Connect',
};

export function step<K extends keyof Learned>({ title, exit, needs, run }: StepPlan<K>): Step {
  return {
    title,
    exit,
    run: async (patient, known) => {
      const missing = needs.find(need => known[need] === undefined);
      if (missing !== undefined) return { findings: [skipped(`Waits until ${SOURCES[missing]} is well.`)] };
      return run(patient, known as Pick<Learned, K>);
    },
  };
}

export interface Examined {
  title: string;
  exit: number;
  findings: Finding[];
}

export async function examine(steps: readonly Step[], patient: Patient, signal: AbortSignal): Promise<Examined[]> {
  const examined: Examined[] = [];
  let known: Partial<Learned> = {};
  for (const { title, exit, run } of steps) {
    if (signal.aborted) break;
    const { findings, learned } = await run(patient, known);
    known = { ...known, ...learned };
    examined.push({ title, exit, findings });
  }
  return examined;
}

export const ok = (message: string): Finding => ({ level: 'ok', message });
export const skipped = (message: string): Finding => ({ level: 'skipped', message });
export const warning = (message: string, ...fix: string[]): Finding => ({ level: 'warning', message, fix });
export const failed = (message: string, ...fix: string[]): Finding => ({ level: 'failed', message, fix });
