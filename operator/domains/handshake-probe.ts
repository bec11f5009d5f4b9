import type { TlsVersion } from '#crds/schema/tls.ts';
import type { HelloAnswer } from '#crds/shared/outbound/say-hello.ts';
import { writeClientHello } from '#crds/shared/pure/tls/client-hello.ts';
import { OLDER_SUITES, TLS13_SUITES } from '#crds/shared/pure/tls/suite-names.ts';
import { TLS_VERSIONS, type VersionName } from '#crds/shared/pure/tls/versions.ts';

/**
 * Finds out by real handshakes what a server speaks: versions, suites and their order, and what it does with names that
 * are not its own. Facts only; handshake-policy.ts judges them. A look at a strict server is some 25 connections, each
 * ended after the first answer.
 */

export interface HandshakeDeps {
  /** One connection: the hello goes out, the first answer comes back. */
  say: (hello: Buffer) => Promise<HelloAnswer>;
  /** So many random bytes. */
  entropy: (size: number) => Uint8Array;
}

export interface SuiteFacts {
  /** Codes in the order in which the server picked them, out of everything that is registered. */
  picked: number[];
  /** Whose order counts; undefined: too few suites to tell. */
  order?: 'server' | 'client';
  /** How the offer without the picked suites was refused, or answered with an older version; undefined: too many. */
  end?: HelloAnswer;
}

export interface HandshakeFacts {
  /** The versions that were agreed on when each was offered as the newest. */
  spoken: VersionName[];
  suites: Record<TlsVersion, SuiteFacts>;
  /** What happens to a name that is nobody's, and without a name. */
  unknownName: HelloAnswer;
  noName: HelloAnswer;
}

/** Reserved (RFC 2606): no server has it. */
const UNKNOWN_NAME = 'sso-doctor.invalid';
const OLD = ['SSL 3.0', 'TLS 1.0', 'TLS 1.1'] as const;
const NAMES: Record<TlsVersion, VersionName> = { '1.2': 'TLS 1.2', '1.3': 'TLS 1.3' };
/** Enough to tell what is wrong with a server that takes anything. */
const MOST_SUITES = 48;
/** A server that prefers CHACHA20 when the client lists it first (HAProxy, OpenSSL) still has an order of its own. */
const CHACHA = new Set([0x1303, 0xcca8, 0xcca9, 0xccaa, 0xcc13, 0xcc14, 0xcc15]);

export async function probeHandshakes(deps: HandshakeDeps, name: string): Promise<HandshakeFacts> {
  const old: VersionName[] = [];
  for (const version of OLD) {
    const answer = await sayTwice(deps, { version, name, suites: OLDER_SUITES });
    if (answer.kind === 'hello' && answer.version === TLS_VERSIONS[version]) old.push(version);
  }
  const suites = { '1.2': await probeSuites(deps, name, '1.2'), '1.3': await probeSuites(deps, name, '1.3') };
  const newer = (['1.2', '1.3'] as const).filter(version => suites[version].picked.length > 0);
  return {
    spoken: [...old, ...newer.map(version => NAMES[version])],
    suites,
    unknownName: await greetStranger(deps, UNKNOWN_NAME),
    noName: await greetStranger(deps, undefined),
  };
}

interface Offer {
  version: VersionName;
  suites: readonly number[];
  name: string | undefined;
}

async function greetStranger(deps: HandshakeDeps, name: string | undefined): Promise<HelloAnswer> {
  const answer = await sayTwice(deps, { version: 'TLS 1.3', suites: TLS13_SUITES, name });
  return isHelloOrAlert112(answer) ? answer : sayTwice(deps, { version: 'TLS 1.2', suites: OLDER_SUITES, name });
}

/** Anything else may mean only that the server does not speak TLS 1.3. */
function isHelloOrAlert112(answer: HelloAnswer): boolean {
  return answer.kind === 'hello' || (answer.kind === 'alert' && answer.description === 112);
}

async function probeSuites(deps: HandshakeDeps, name: string, version: TlsVersion): Promise<SuiteFacts> {
  const picked: number[] = [];
  let rest = weakestFirst(version);
  const ask = (suites: readonly number[]): Promise<HelloAnswer> =>
    sayTwice(deps, { version: NAMES[version], suites, name });
  while (picked.length < MOST_SUITES) {
    const answer = await ask(rest);
    if (answer.kind !== 'hello') return { picked, end: answer, ...(await probeOrder(ask, picked)) };
    const { suite } = answer;
    // An older version than was offered is no agreement on this one; nor is a suite that was not offered.
    if (answer.version !== TLS_VERSIONS[NAMES[version]] || !rest.includes(suite)) return { picked, end: answer };
    picked.push(suite);
    rest = rest.filter(code => code !== suite);
  }
  return { picked, ...(await probeOrder(ask, picked)) };
}

/** So that a server which follows its client shows an order that nobody would want. */
function weakestFirst(version: TlsVersion): number[] {
  const codes = version === '1.2' ? OLDER_SUITES : TLS13_SUITES;
  return [...codes.filter(code => !CHACHA.has(code)), ...codes.filter(code => CHACHA.has(code))];
}

/** Its favourite is offered last: who still picks it has an order of its own. */
async function probeOrder(
  ask: (suites: readonly number[]) => Promise<HelloAnswer>,
  picked: readonly number[],
): Promise<Pick<SuiteFacts, 'order'>> {
  const plain = picked.filter(code => !CHACHA.has(code));
  if (plain.length < 2) return {};
  const answer = await ask([...plain].reverse());
  if (answer.kind !== 'hello') return {};
  return { order: answer.suite === plain[0] ? 'server' : 'client' };
}

/** A connection may fail by accident; a refusal is believed at once. */
async function sayTwice(deps: HandshakeDeps, { version, suites, name }: Offer): Promise<HelloAnswer> {
  const say = (): Promise<HelloAnswer> =>
    deps.say(writeClientHello({ version: TLS_VERSIONS[version], suites, name, entropy: deps.entropy(64) }));
  const answer = await say();
  return answer.kind === 'silent' || answer.kind === 'unreachable' ? say() : answer;
}
