import type { IncomingMessage } from 'node:http';
import { type Agent, request as secureRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** One request and one answer over https, bounded. What an error means is classified elsewhere. */

export interface Exchange {
  agent: Agent;
  lookup: LookupFunction;
  method?: string;
  headers?: Readonly<Record<string, string>>;
  body?: string | Buffer;
  /** The end of all patience. */
  signal: AbortSignal;
  /** The end of patience until the handshake is over. */
  connecting: AbortSignal;
  bodyBytes: number;
}

export type Outcome = { address?: string | undefined } & (
  | { kind: 'answer'; answer: { status: number; headers: IncomingMessage['headers']; body: Buffer } }
  | { kind: 'broken'; code: 'Timeout' | 'TooLarge'; detail: string }
  /** `isSecure`: the handshake was over. */
  | { kind: 'error'; error: unknown; isSecure: boolean }
);

/** Never rejects. */
export function exchange(url: URL, it: Exchange): Promise<Outcome> {
  return new Promise(resolve => {
    let address: string | undefined;
    let isSecure = false;
    let isAnswering = false;
    const { agent, lookup, signal, method = 'GET', headers = {} } = it;
    const outgoing = secureRequest(url, { agent, lookup, signal, method, headers: { ...PLAIN, ...headers } });
    const tooLate = (): void => finish({ kind: 'broken', code: 'Timeout', detail: 'finish the handshake' });
    const finish = (outcome: Outcome): void => {
      it.connecting.removeEventListener('abort', tooLate);
      resolve({ address, ...outcome });
      outgoing.destroy();
    };
    it.connecting.addEventListener('abort', tooLate);
    outgoing.on('socket', socket => {
      socket.on('connect', () => (address = socket.remoteAddress));
      (socket as TLSSocket).on('secureConnect', () => {
        isSecure = true;
        it.connecting.removeEventListener('abort', tooLate);
      });
    });
    outgoing.on('error', error => finish(signal.aborted ? timeout(isAnswering) : { kind: 'error', error, isSecure }));
    outgoing.on('response', message => {
      isAnswering = true;
      void readBody(message, it).then(finish);
    });
    outgoing.end(it.body);
  });
}

function timeout(isAnswering: boolean): Outcome {
  return { kind: 'broken', code: 'Timeout', detail: isAnswering ? 'finish its answer' : 'answer' };
}

/** Nothing that would have to be unpacked: a small answer could become a large one. */
const PLAIN = { 'accept-encoding': 'identity', 'user-agent': 'sso-operator' };

async function readBody(message: IncomingMessage, { bodyBytes, signal }: Exchange): Promise<Outcome> {
  const chunks: Buffer[] = [];
  let total = 0;
  try {
    for await (const chunk of message) {
      total += (chunk as Buffer).length;
      if (total > bodyBytes) return { kind: 'broken', code: 'TooLarge', detail: `${bodyBytes} bytes` };
      chunks.push(chunk as Buffer);
    }
  } catch (error) {
    if (signal.aborted) return timeout(true);
    return { kind: 'error', error, isSecure: true };
  }
  const { statusCode: status = 0, headers } = message;
  return { kind: 'answer', answer: { status, headers, body: Buffer.concat(chunks) } };
}
