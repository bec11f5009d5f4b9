/** What the wire room is given from outside. The programs' own logs and clocks keep these promises. */

export interface WireLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface WireClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `then` once after `ms`; the result cancels it. */
  after(ms: number, then: () => void): () => void;
}

/** All in milliseconds. */
export interface WireTiming {
  /** A request that is not a watch, and the first byte of a watch. */
  request: number;
  /** A watch that told nothing, not even a bookmark, for so long is dropped; the API server sends one each minute. */
  idle: number;
  /** The API server ends a watch after a time between this and its double. */
  watch: number;
  /** First and longest pause after a failure. */
  backoff: { first: number; longest: number };
}

export const TIMING: WireTiming = {
  request: 30_000,
  idle: 90_000,
  watch: 300_000,
  backoff: { first: 200, longest: 30_000 },
};

/** Half to one and a half of the pause that has doubled with each failure in a row. */
export function pause({ first, longest }: WireTiming['backoff'], failures: number, random: () => number): number {
  const grown = Math.min(longest, first * 2 ** Math.min(failures - 1, 20));
  return grown * (0.5 + random());
}
