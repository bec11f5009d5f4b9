import type { IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSecureContext, type SecureContext } from 'node:tls';
import { urlToHttpOptions } from 'node:url';
import { WireError } from './cluster.ts';
import type { Connection } from './connection.ts';
import type { WireTiming } from './deps.ts';
import { parseStatus, toWireError, unreachable } from './errors.ts';

/**
 * HTTPS to one API server: pooled connections for requests, one of its own for each watch. It must not know what the
 * bodies mean.
 */

export interface WireRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With query. */
  path: string;
  body?: unknown;
  contentType?: string;
  /** true: the body may not be quoted in an error. */
  isSecret?: boolean;
}

export interface Transport {
  /** Answers the parsed body. Obeys Retry-After twice, then throws it with the error. */
  request(asked: WireRequest): Promise<unknown>;
  /** The answer as it streams in, once its status is 200. */
  stream(path: string, signal: AbortSignal): Promise<IncomingMessage>;
}

const PATIENCE = { attempts: 3, longestMs: 10_000 };
/** Keep-alive probes find a dead peer below the HTTP level. */
const PROBE_MS = 15_000;

export function createTransport(connection: Connection, userAgent: string, timing: WireTiming): Transport {
  const tls = tlsOptions(connection);
  const pool = new Agent({ ...tls, keepAlive: true, keepAliveMsecs: PROBE_MS, maxSockets: 32, scheduling: 'lifo' });
  const send = createSender(connection, userAgent);

  const once = async (asked: WireRequest): Promise<unknown> => {
    const overdue = new AbortController();
    const timer = setTimeout(() => overdue.abort(), timing.request);
    try {
      return await finish(asked, await send(asked, { agent: pool, signal: overdue.signal }));
    } catch (error) {
      if (!overdue.signal.aborted) throw error;
      dropIdle(pool);
      throw unreachable(whatOf(asked), new Error(`no answer in ${timing.request} ms`));
    } finally {
      clearTimeout(timer);
    }
  };

  return {
    async request(asked) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await once(asked);
        } catch (error) {
          const waitMs = patience(error, asked, attempt);
          if (waitMs === undefined) throw unreachable(whatOf(asked), error);
          await sleep(waitMs);
        }
      }
    },
    async stream(path, signal) {
      const asked: WireRequest = { method: 'GET', path };
      try {
        const answer = await send(asked, { ...tls, agent: false, signal, firstByteMs: timing.request });
        if (answer.statusCode !== 200) await finish(asked, answer);
        return answer;
      } catch (error) {
        throw unreachable(whatOf(asked), error);
      }
    },
  };
}

/** Read once: the pool finds its connections by the text of the options, and a bundle of CAs is a long text. */
function tlsOptions({ ca, cert, key }: Connection): { secureContext: SecureContext } {
  return {
    secureContext: createSecureContext({
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
    }),
  };
}

/** After a silence, the other idle connections of the pool lead nowhere either. */
function dropIdle(pool: Agent): void {
  for (const sockets of Object.values(pool.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
}

type Options = RequestOptions & { firstByteMs?: number };

function createSender(connection: Connection, userAgent: string) {
  const server = new URL(connection.server);
  const { hostname, port } = urlToHttpOptions(server);
  // The API server may lie below a path, as behind a proxy.
  const above = server.pathname.replace(/\/$/, '');
  return async (asked: WireRequest, options: Options): Promise<IncomingMessage> => {
    const token = await connection.token();
    const body = asked.body === undefined ? undefined : JSON.stringify(asked.body);
    const headers = {
      accept: 'application/json',
      'user-agent': userAgent,
      ...(token !== '' && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && {
        'content-type': asked.contentType ?? 'application/json',
        'content-length': Buffer.byteLength(body),
      }),
    };
    const path = `${above}${asked.path}`;
    return open({ ...options, hostname, port, path, method: asked.method, headers }, body);
  };
}

const whatOf = ({ method, path }: WireRequest): string => `${method} ${path.split('?')[0]}`;

/** How long to wait before another attempt; undefined: do not try again here. */
function patience(error: unknown, { method }: WireRequest, attempt: number): number | undefined {
  if (attempt >= PATIENCE.attempts) return undefined;
  if (error instanceof WireError) {
    const { code, retryAfter } = error;
    // With Retry-After the API server says that it did not begin, so any verb may come again.
    const mayWait = (code === 'Throttled' || code === 'ServerError') && retryAfter !== undefined;
    return mayWait && retryAfter * 1000 <= PATIENCE.longestMs ? retryAfter * 1000 : undefined;
  }
  // A pooled connection that the server had closed already. A POST may have arrived: its caller decides.
  return error instanceof StaleConnectionError && method !== 'POST' ? 0 : undefined;
}

class StaleConnectionError extends Error {}

function open({ firstByteMs, ...options }: Options, body: string | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asked = httpsRequest(options);
    const overdue =
      firstByteMs === undefined
        ? undefined
        : setTimeout(() => asked.destroy(new Error(`no answer in ${firstByteMs} ms`)), firstByteMs);
    asked.on('socket', socket => socket.setKeepAlive(true, PROBE_MS));
    asked.on('close', () => clearTimeout(overdue));
    asked.on('response', answer => {
      clearTimeout(overdue);
      resolve(answer);
    });
    asked.on('error', cause => {
      reject(asked.reusedSocket ? new StaleConnectionError(cause.message, { cause }) : cause);
    });
    asked.end(body);
  });
}

async function finish(asked: WireRequest, answer: IncomingMessage): Promise<unknown> {
  const text = await textOf(answer);
  const status = answer.statusCode ?? 0;
  if (status >= 200 && status < 300) return JSON.parse(text);
  const retryAfter = answer.headers['retry-after'];
  throw toWireError({
    status,
    body: parseStatus(text),
    retryAfter,
    what: whatOf(asked),
    isSecret: asked.isSecret ?? false,
  });
}

/** Events and no iterator: this is done thousands of times in a bulk. */
function textOf(answer: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    answer.on('data', (chunk: Buffer) => chunks.push(chunk));
    answer.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    answer.on('error', reject);
    answer.on('close', () => reject(new Error('the connection ended within the answer')));
  });
}
