import type { Socket } from 'node:net';
import type { ClientHello } from './client-hello.ts';
import type { Sight } from './peek.ts';
import type { TlsPolicy } from './policy-servers.ts';
import type { Refusal } from './refusals.ts';

/** What becomes of a client whom no TLS server gets to see: the reason, and the last words that it can understand. */

export interface Farewell {
  refusal: Refusal;
  /** Absent: the connection ends without a word. */
  words?: Buffer;
}

const TLS13 = 0x0304;
const OLDEST: Record<TlsPolicy['minVersion'], number> = { '1.2': 0x0303, '1.3': TLS13 };
/** Time to read the last words, for those who are still sending: a closed socket answers them with a reset at once. */
const LINGER_MS = 1_000;

/** A fatal alert (RFC 8446 section 6). */
function alert(description: number): Buffer {
  return Buffer.from([21, 3, 3, 0, 2, 2, description]);
}

const EXPLANATION = 'This port speaks HTTPS only. Put https:// before the address.\n';
const PLAIN_HTTP = Buffer.from(
  `HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${EXPLANATION.length}\r\n` +
    `Cache-Control: no-store\r\nConnection: close\r\n\r\n${EXPLANATION}`,
);

const TOO_OLD: Farewell = { refusal: 'too-old', words: alert(70) };

const FAREWELLS: Record<Exclude<Sight['kind'], 'hello'>, Farewell> = {
  'plain-http': { refusal: 'not-tls', words: PLAIN_HTTP },
  'not-tls': { refusal: 'not-tls' },
  'too-old': TOO_OLD,
  malformed: { refusal: 'malformed', words: alert(50) },
  'timed-out': { refusal: 'timed-out' },
  'hung-up': { refusal: 'hung-up' },
};

/** After a first message that cannot be served. */
export function farewellTo(kind: keyof typeof FAREWELLS): Farewell {
  return FAREWELLS[kind];
}

/**
 * After a hello that cannot come to anything; undefined where it may.
 * @param policy of the tenant that it names; undefined: nobody of ours.
 */
export function farewellToHello({ name, newest }: ClientHello, policy: TlsPolicy | undefined): Farewell | undefined {
  // The server of the policy refuses it as well. Here the reason is still known together with the name.
  if (newest < OLDEST[policy?.minVersion ?? '1.2']) return TOO_OLD;
  if (policy !== undefined) return undefined;
  if (name !== undefined) return { refusal: 'unknown-name', words: alert(112) };
  // Only TLS 1.3 has a word for it: missing_extension (RFC 8446 section 9.2).
  return { refusal: 'no-name', words: alert(newest >= TLS13 ? 109 : 112) };
}

export function dismiss(socket: Socket, { words }: Farewell): void {
  if (words === undefined || socket.destroyed) return void socket.destroy();
  socket.resume().end(words);
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
}
