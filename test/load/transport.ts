import { Agent, type RequestOptions, request } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { readAnswer, type Send } from '../support/person.ts';
import type { Tally } from './tally.ts';

/**
 * Requests through a Service as a browser or an application sends them: connections are kept and used again, and what
 * never reached the other side is sent again, as browsers do (RFC 9110 section 9.2.2, RFC 9112 section 9.3.1). An answer
 * that was lost under way is not asked for again: whoever asked begins anew.
 */

export interface Route {
  /** Name or address of the Service; the URL's own name is only in SNI and in the Host header. */
  host: string;
  port: number;
  ca: string;
}

/** The request may have been served; the answer did not come. */
export class LostAnswer extends Error {
  readonly code = 'LostAnswer';
}

const TRIES = 8;
const PAUSE_MS = 250;
const TIMEOUT_MS = 15_000;
const CONNECT_MS = 5_000;
/** Connections that were used before. */
const OPEN = new WeakSet<object>();

/** How far a request came before its connection failed. */
type Stage = 'connecting' | 'reused' | 'sent';

class Broken extends Error {
  readonly stage: Stage;
  constructor(stage: Stage, cause: unknown) {
    super(`${stage}: ${codeOf(cause)}`, { cause });
    this.stage = stage;
  }
}

export interface Transport {
  send: Send;
  /** How often a request was sent again that may have been served: its answer may then be the second one. */
  doubts: () => number;
  end: () => void;
}

/** A browser or an application: its own connections, closed by `end`. */
export function createTransport(route: Route, tally: Tally): Transport {
  const agent = new Agent({ keepAlive: true, maxSockets: 6, ca: route.ca });
  let doubts = 0;
  const send: Send = async (url, sent) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await sendOnce({ ...sent, ...target(route, url), agent }, sent.body);
      } catch (error) {
        if (!(error instanceof Broken)) throw error;
        if (error.stage === 'sent') throw new LostAnswer(`${url.pathname} ${error.message}`, { cause: error.cause });
        tally.retried(error.message);
        if (attempt >= TRIES) throw error;
        if (error.stage === 'connecting') await delay(PAUSE_MS);
        else doubts++;
      }
    }
  };
  return { send, doubts: () => doubts, end: () => agent.destroy() };
}

function target({ host, port }: Route, url: URL): RequestOptions {
  return { host, port, servername: url.hostname, path: url.pathname + url.search };
}

function sendOnce(options: RequestOptions, body: string | undefined): ReturnType<Send> {
  return new Promise((resolve, reject) => {
    let stage: Stage = 'connecting';
    const fail = (error: unknown): void => {
      clearTimeout(patience);
      reject(new Broken(stage, error));
    };
    const outgoing = request(options, response => {
      stage = 'sent';
      void readAnswer(response).then(resolve, fail);
    });
    const hurry = (): void =>
      void outgoing.destroy(Object.assign(new Error('no connection'), { code: 'CONNECT_TIMEOUT' }));
    // The request's own timeout begins with the connection.
    const patience = setTimeout(hurry, CONNECT_MS);
    outgoing.on('socket', socket => {
      // A kept connection that ends at this very moment: only what may be done twice is sent again.
      if (OPEN.has(socket)) clearTimeout(patience);
      if (OPEN.has(socket)) stage = options.method === 'GET' ? 'reused' : 'sent';
      else
        socket.once('secureConnect', () => {
          clearTimeout(patience);
          OPEN.add(socket);
          stage = 'sent';
        });
    });
    outgoing.setTimeout(TIMEOUT_MS, () => {
      if (stage === 'reused') stage = 'sent';
      outgoing.destroy(Object.assign(new Error('no answer in time'), { code: 'TIMEOUT' }));
    });
    outgoing.on('error', fail).end(body);
  });
}

function codeOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}

/** What openid-client wants: a fetch without redirects, over the same transport. */
export function asFetch(send: Send): (url: string, init?: RequestInit) => Promise<Response> {
  return async (url, init = {}) => {
    const body = init.body === null || init.body === undefined ? undefined : await new Response(init.body).text();
    const headers = { ...Object.fromEntries(new Headers(init.headers)), host: new URL(url).host };
    const answer = await send(new URL(url), {
      method: init.method ?? 'GET',
      headers,
      ...(body !== undefined && { body }),
    });
    const kept = Object.entries(answer.headers).map(([name, value]): [string, string] => [name, String(value)]);
    return new Response(answer.body === '' ? null : answer.body, { status: answer.status, headers: kept });
  };
}
