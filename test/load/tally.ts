/** Counts what happened, and says every second what happened in it: one JSON object a line. */

export interface Tally {
  signedIn: (milliseconds: number) => void;
  /** Somebody who signed in before came back without a password. */
  returned: (milliseconds: number) => void;
  refreshed: () => void;
  /** A request that never reached the other side was sent again. */
  retried: (what: string) => void;
  /** An answer was lost under way, and the sign-in begun again. */
  restarted: (what: string) => void;
  failed: (what: string) => void;
  /** Came back, and was asked for a password. */
  lost: (what: string) => void;
  summary(): Summary;
  /** What happened since the last call. */
  second(): object | undefined;
}

export interface Summary {
  signIns: number;
  returns: number;
  refreshes: number;
  /** By kind. */
  retried: Record<string, number>;
  restarted: Record<string, number>;
  failed: Record<string, number>;
  lost: Record<string, number>;
  /** Milliseconds: median, 99th percentile, longest. */
  signInMs: number[];
  returnMs: number[];
}

const KINDS = ['retried', 'restarted', 'failed', 'lost'] as const;
type Kind = (typeof KINDS)[number];

export function createTally(): Tally {
  const counts = { signIns: 0, returns: 0, refreshes: 0 };
  const kinds: Record<Kind, Record<string, number>> = { retried: {}, restarted: {}, failed: {}, lost: {} };
  const times = { signIns: new Array<number>(), returns: new Array<number>() };
  let since: Record<string, number> = {};
  const count = (name: string): void => void (since[name] = (since[name] ?? 0) + 1);
  const note = (kind: Kind) => (what: string) => {
    const key = what.replaceAll(/(interaction|auth)\/[\w-]+/g, '$1/…').slice(0, 160);
    kinds[kind][key] = (kinds[kind][key] ?? 0) + 1;
    count(kind);
  };
  const timed = (name: 'signIns' | 'returns') => (milliseconds: number) => {
    counts[name]++;
    times[name].push(milliseconds);
    count(name);
  };
  return {
    signedIn: timed('signIns'),
    returned: timed('returns'),
    refreshed: () => void counts.refreshes++,
    retried: note('retried'),
    restarted: note('restarted'),
    failed: note('failed'),
    lost: note('lost'),
    summary: () => ({ ...counts, ...kinds, signInMs: spread(times.signIns), returnMs: spread(times.returns) }),
    second() {
      if (Object.keys(since).length === 0) return undefined;
      const line = { at: new Date().toISOString(), ...since };
      since = {};
      return line;
    },
  };
}

function spread(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  return [0.5, 0.99, 1].map(part =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0),
  );
}
