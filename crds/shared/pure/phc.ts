/**
 * PHC strings of argon2id (https://github.com/P-H-C/phc-string-format), as `users.yaml` and client credentials hold
 * them. Owns the format and what is an acceptable cost. It hashes nothing.
 */

export interface Argon2idHash {
  /** KiB. */
  memory: number;
  passes: number;
  parallelism: number;
  salt: Uint8Array;
  tag: Uint8Array;
}

const PHC = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** Whoever writes a hash decides what checking it costs us: 256 MiB and 16 passes is far above any advice. */
const LIMITS = { memory: 262_144, passes: 16, parallelism: 16 };

/** OWASP's first advice for argon2id, and bar B2: 19 MiB, two passes, one lane. */
export const ADVISED_COST = { memory: 19_456, passes: 2, parallelism: 1 } as const;

/** undefined: not argon2id version 19, or a cost that RFC 9106 section 3.1 forbids or that is beyond our limits. */
export function parsePhc(text: string): Argon2idHash | undefined {
  const [, m, t, p, salt, tag] = PHC.exec(text) ?? [];
  if (salt === undefined || tag === undefined) return undefined;
  const hash = {
    memory: Number(m),
    passes: Number(t),
    parallelism: Number(p),
    salt: decode(salt),
    tag: decode(tag),
  };
  return isAcceptable(hash) ? hash : undefined;
}

export function formatPhc(hash: Argon2idHash): string {
  const cost = `m=${hash.memory},t=${hash.passes},p=${hash.parallelism}`;
  return `$argon2id$v=19$${cost}$${encode(hash.salt)}$${encode(hash.tag)}`;
}

function isAcceptable(hash: Argon2idHash): boolean {
  const { memory, passes, parallelism, salt, tag } = hash;
  const isPossible = passes >= 1 && parallelism >= 1 && memory >= 8 * parallelism;
  const isBounded = memory <= LIMITS.memory && passes <= LIMITS.passes && parallelism <= LIMITS.parallelism;
  return isPossible && isBounded && salt.length >= 8 && salt.length <= 64 && tag.length >= 16 && tag.length <= 64;
}

function decode(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'base64'));
}

/** PHC writes base64 without padding. */
function encode(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('=', '');
}
