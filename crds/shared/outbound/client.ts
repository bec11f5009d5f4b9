import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Agent } from 'node:https';
import { isIP } from 'node:net';
import { opensslList } from '../pure/cipher-suites.ts';
import { admitted, hostOf, pinned, placeOf } from './addresses.ts';
import { conclude, diagnosticHello } from './diagnose.ts';
import { exchange } from './exchange.ts';
import { classify } from './failures.ts';
import type { Guard } from './guard.ts';
import type { AddressLookup } from './lookup.ts';
import { OutboundError, type Scene } from './outbound-error.ts';
import { sayHello } from './say-hello.ts';

/**
 * Owns every HTTPS call to an endpoint that is not ours: TLS 1.2 or newer with forward secrecy, an own CA, a client
 * certificate, only to addresses that the guard admits, bounded in time and size, and failures in plain words. The address
 * is looked up once, judged, and dialled as judged, so a name that changes meanwhile changes nothing. It must not know what
 * is fetched. One client a connector: no connection, session or certificate is shared with another.
 */

export interface OutboundOptions {
  guard: Guard;
  lookup: AddressLookup;
  /** PEM; in place of the roots of Node, not beside them. */
  ca?: string | string[];
  /** PEM. */
  identity?: { cert: string; key: string };
  limits?: Partial<Limits>;
}

interface Limits {
  /** Until the handshake is over, the look-up included. */
  connectMs: number;
  /** Until the last byte, redirects included. */
  totalMs: number;
  bodyBytes: number;
  /** How many are followed; each is looked up and judged like the first. */
  redirects: number;
}

const LIMITS: Limits = { connectMs: 5_000, totalMs: 15_000, bodyBytes: 1_048_576, redirects: 0 };

interface OutboundRequest {
  method?: string;
  headers?: Readonly<Record<string, string>>;
  body?: string | Buffer;
  signal?: AbortSignal;
  /** Which statuses are no failure; by default 200 to 299. */
  accepts?: (status: number) => boolean;
}

export interface OutboundAnswer {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
  /** Where it came from, after redirects. */
  url: URL;
}

export interface Outbound {
  /** Rejects with OutboundError, or with the reason of the caller's own signal. */
  fetch(url: string, request?: OutboundRequest): Promise<OutboundAnswer>;
}

export function createOutbound(options: OutboundOptions): Outbound {
  const call = createCall(options);
  return {
    async fetch(url, request = {}) {
      const { signal, ...ask } = request;
      const timeout = AbortSignal.timeout(call.limits.totalMs);
      const until = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
      return fetchFollowing(call, url, { ...ask, signal: until }).catch(error => {
        if (signal?.aborted === true) throw signal.reason;
        throw error;
      });
    },
  };
}

type Call = ReturnType<typeof createCall>;

function createCall({ guard, lookup, ca, identity, limits }: OutboundOptions) {
  const agent = new Agent({
    keepAlive: false,
    maxCachedSessions: 0,
    minVersion: 'TLSv1.2',
    ciphers: opensslList('BestPractices'),
    ...(ca === undefined ? {} : { ca }),
    ...identity,
  });
  return { guard, lookup, agent, limits: { ...LIMITS, ...limits } };
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const KEEPS_METHOD = new Set([307, 308]);

async function fetchFollowing(call: Call, start: string, request: Ask): Promise<OutboundAnswer> {
  let url = parseUrl(start);
  let ask = request;
  for (let left = call.limits.redirects; ; left -= 1) {
    const answer = await fetchOnce(call, url, ask);
    const { location } = answer.headers;
    if (left <= 0 || location === undefined || !REDIRECTS.has(answer.status)) return checkStatus(answer, ask);
    const next = parseUrl(location, url);
    const isSameOrigin = next.origin === url.origin;
    // A body was meant for the origin that it was sent to.
    if (!isSameOrigin && ask.body !== undefined && KEEPS_METHOD.has(answer.status)) return checkStatus(answer, ask);
    ask = forNext(ask, answer.status, isSameOrigin);
    url = next;
  }
}

type Ask = OutboundRequest & { signal: AbortSignal };

/** What may go along (RFC 9110 section 15.4): to another origin nothing that could be a secret. */
function forNext({ headers, body, ...ask }: Ask, status: number, isSameOrigin: boolean): Ask {
  const keepsMethod = KEEPS_METHOD.has(status);
  return {
    ...ask,
    ...(headers === undefined || !isSameOrigin ? {} : { headers }),
    ...(keepsMethod || ask.method === 'HEAD' ? {} : { method: 'GET' }),
    ...(keepsMethod && body !== undefined ? { body } : {}),
  };
}

function parseUrl(text: string, base?: URL): URL {
  const url = URL.canParse(text, base?.href) ? new URL(text, base?.href) : undefined;
  if (url === undefined) throw new OutboundError('BadAddress', { where: 'The address', detail: 'it is no URL' });
  const where = url.host || 'The address';
  if (url.protocol !== 'https:')
    throw new OutboundError('BadAddress', { where, detail: `${url.protocol}// is not https://` });
  if (url.username !== '' || url.password !== '')
    throw new OutboundError('BadAddress', { where, detail: 'it holds a name or a password' });
  return url;
}

function checkStatus(answer: OutboundAnswer, { accepts = isSuccess }: Ask): OutboundAnswer {
  const { status, url, headers } = answer;
  if (accepts(status)) return answer;
  const target = REDIRECTS.has(status) && URL.canParse(headers.location ?? '', url.href);
  const detail = target ? `${status}, a redirect to ${new URL(headers.location ?? '', url.href).origin}` : `${status}`;
  throw new OutboundError('Status', { where: placeOf(url), detail }, { status });
}

const isSuccess = (status: number): boolean => status >= 200 && status < 300;

async function fetchOnce(call: Call, url: URL, ask: Ask): Promise<OutboundAnswer> {
  const { connectMs, bodyBytes } = call.limits;
  const connecting = AbortSignal.any([ask.signal, AbortSignal.timeout(connectMs)]);
  const addresses = await admitted(call, url, connecting);
  const outcome = await exchange(url, {
    ...ask,
    agent: call.agent,
    lookup: pinned(addresses),
    connecting,
    bodyBytes,
  });
  const address = outcome.address ?? addresses[0];
  const scene: Scene = { where: placeOf(url), address };
  if (outcome.kind === 'answer') return { ...outcome.answer, url };
  if (outcome.kind === 'broken') throw new OutboundError(outcome.code, { ...scene, detail: outcome.detail });
  const guess = classify(outcome.error, outcome.isSecure);
  const isWorthIt = guess.isDoubtful === true && address !== undefined && !ask.signal.aborted;
  const { code, detail } = isWorthIt ? conclude(guess, await askAgain(url, address)) : guess;
  throw new OutboundError(code, { ...scene, detail }, { cause: outcome.error });
}

const DIAGNOSTIC_MS = 3_000;

function askAgain(url: URL, address: string): ReturnType<typeof sayHello> {
  const hello = diagnosticHello(isIP(hostOf(url)) === 0 ? hostOf(url) : undefined, randomBytes(64));
  return sayHello({ address, port: Number(url.port || 443) }, hello, DIAGNOSTIC_MS);
}
