/** Time as the operator sees it; tests and the no-cluster mode may bring their own. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `then` once after `ms`; the result cancels it. */
  after(ms: number, then: () => void): () => void;
}

/** A delay beyond this would overflow Node's timer and fire at once. */
const LONGEST = 2_147_483_647;

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, then) {
    const timer = setTimeout(then, Math.min(Math.max(0, ms), LONGEST));
    return () => clearTimeout(timer);
  },
};
