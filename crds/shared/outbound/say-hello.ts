import { connect } from 'node:net';
import { readServerReply, type ServerReply } from '../pure/tls/server-reply.ts';

/**
 * One raw ClientHello to one address, and what comes back. For diagnosis only: the connection ends with the first answer.
 * It must not know what the answer means.
 */

/** Where to dial: an IP address, already looked up and allowed. */
export interface Endpoint {
  address: string;
  port: number;
}

export type HelloAnswer =
  | ServerReply
  /** Ended without a word, by FIN or by RST; nothing came in time. */
  | { kind: 'closed' | 'reset' | 'silent' }
  /** No connection at all; `code` is that of the operating system. */
  | { kind: 'unreachable'; code: string };

/** No answer that counts is longer: OpenSSL's largest first flight is some kilobytes. */
const LARGEST = 65_536;

/** Never rejects. @param milliseconds for connecting and answering together. */
export function sayHello({ address, port }: Endpoint, hello: Buffer, milliseconds: number): Promise<HelloAnswer> {
  return new Promise(resolve => {
    const socket = connect({ host: address, port });
    let seen = Buffer.alloc(0);
    let isConnected = false;
    const finish = (answer: HelloAnswer): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(
      () => finish(isConnected ? { kind: 'silent' } : { kind: 'unreachable', code: 'ETIMEDOUT' }),
      milliseconds,
    );
    socket.on('connect', () => {
      isConnected = true;
      socket.write(hello);
    });
    socket.on('data', chunk => {
      seen = Buffer.concat([seen, chunk]);
      const reply = readServerReply(seen) ?? (seen.length > LARGEST ? { kind: 'not-tls' as const } : undefined);
      if (reply !== undefined) finish(reply);
    });
    socket.on('end', () => finish({ kind: seen.length > 0 ? 'not-tls' : 'closed' }));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      finish(isConnected ? { kind: 'reset' } : { kind: 'unreachable', code: error.code ?? 'unknown' }),
    );
  });
}
