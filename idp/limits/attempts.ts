import { createHash } from 'node:crypto';
import type { Json, Store, StoredRecord } from '#idp/storage/store.ts';

/**
 * Limits on attempts (sign-ins; later codes): by address, by account and by the pair, in the store, so that all
 * replicas count together. An attempt is counted before the password is checked and taken back when it was right:
 * a thousand guesses sent at once are a thousand attempts, not one. Knows no passwords, and never who exists.
 *
 *   free attempts ──▶ delay 1 s, 2 s, 4 s ... up to the longest; forgotten after an hour without an attempt
 *
 * The account alone has more free attempts than the pair, and shorter delays: it must not become a way to lock
 * somebody out.
 */

interface Allowance {
  free: number;
  /** Seconds. */
  longest: number;
}

const ALLOWANCES = {
  pair: { free: 5, longest: 900 },
  account: { free: 20, longest: 60 },
  address: { free: 100, longest: 300 },
} as const satisfies Record<string, Allowance>;

type Dimension = keyof typeof ALLOWANCES;

/** Seconds until counters are forgotten. */
const MEMORY = 3600;

export interface Attempt {
  tenantUid: string;
  /** What is attempted, `login` for a sign-in. */
  purpose: string;
  account: string;
  address: string;
}

export interface Attempts {
  /** Counts the attempt. `throttled`: it must not go on for so many seconds, and was not counted. */
  begin(attempt: Attempt): Promise<{ throttled: false } | { throttled: true; retryAfter: number }>;
  /** The attempt was right: take it back, and forget what the pair did wrong. */
  succeeded(attempt: Attempt): Promise<void>;
  /** The attempt was not judged (busy): take it back. */
  undone(attempt: Attempt): Promise<void>;
}

interface Counter extends Record<string, Json> {
  count: number;
  /** Milliseconds since the epoch. */
  blockedUntil: number;
}

const NOTHING: Counter = { count: 0, blockedUntil: 0 };

export function createAttempts(options: { store: Store; now: () => number }): Attempts {
  const counters = new Counters(options.store);
  return {
    async begin(attempt) {
      const now = options.now();
      const keys = keysOf(attempt);
      const seen = await Promise.all(keys.map(({ key }) => counters.read(key)));
      const blockedUntil = Math.max(...seen.map(record => counterOf(record).blockedUntil));
      if (blockedUntil > now) return throttled(blockedUntil - now);
      const verdicts = await Promise.all(
        keys.map(({ key, dimension }, i) => counters.count({ key, seen: seen[i] }, dimension, now)),
      );
      const late = Math.max(...verdicts);
      return late > now ? throttled(late - now) : { throttled: false };
    },
    async succeeded(attempt) {
      await Promise.all(keysOf(attempt).map(({ key, dimension }) => counters.settle(key, dimension === 'pair')));
    },
    async undone(attempt) {
      await Promise.all(keysOf(attempt).map(({ key }) => counters.settle(key, false)));
    },
  };
}

function throttled(milliseconds: number): { throttled: true; retryAfter: number } {
  return { throttled: true, retryAfter: Math.ceil(milliseconds / 1000) };
}

/** Names are hashed: what a person typed may be a password in the wrong field. */
function keysOf(attempt: Attempt): { key: string; dimension: Dimension }[] {
  const { tenantUid, purpose, account, address } = attempt;
  const subjects = { pair: `${account}\n${address}`, account, address } satisfies Record<Dimension, string>;
  return Object.entries(subjects).map(([dimension, subject]) => ({
    key: `${tenantUid}/Attempts/${purpose}/${dimension}/${createHash('sha256').update(subject).digest('base64url')}`,
    dimension: dimension as Dimension,
  }));
}

/** Milliseconds to wait after so many attempts. */
function delayAfter(count: number, { free, longest }: Allowance): number {
  return count <= free ? 0 : Math.min(2 ** (count - free - 1), longest) * 1000;
}

class Counters {
  private readonly store: Store;
  /** One change of a key at a time in this process: the compare-and-set then only meets other replicas. */
  private readonly lines = new Map<string, Promise<unknown>>();

  constructor(store: Store) {
    this.store = store;
  }

  read(key: string): Promise<StoredRecord | undefined> {
    return this.store.read(key);
  }

  /** Counts one more; answers until when the key was blocked by others before (0: it was free). */
  count({ key, seen }: Seen, dimension: Dimension, now: number): Promise<number> {
    const allowance = ALLOWANCES[dimension];
    let blocked = 0;
    return this.change({ key, seen }, counter => {
      blocked = counter.blockedUntil > now ? counter.blockedUntil : 0;
      if (blocked > 0) return counter;
      const count = counter.count + 1;
      const delay = delayAfter(count + 1, allowance);
      // Never "until now": a replica whose clock is a little behind would take that for a block, and turn away whoever
      // signs in next from the same address.
      return { count, blockedUntil: delay === 0 ? 0 : now + delay };
    }).then(() => blocked);
  }

  settle(key: string, forget: boolean): Promise<void> {
    if (forget) return this.store.remove(key);
    const takeBack = (counter: Counter) => ({ count: Math.max(0, counter.count - 1), blockedUntil: 0 });
    return this.change({ key, seen: 'unknown' }, takeBack);
  }

  private change({ key, seen }: Seen, next: (counter: Counter) => Counter): Promise<void> {
    const before = this.lines.get(key);
    // Behind somebody else of this process what was seen is old already.
    const first = before === undefined ? seen : 'unknown';
    const mine = (before ?? Promise.resolve())
      .catch(() => undefined)
      .then(() => this.compareAndSet({ key, seen: first }, next));
    this.lines.set(key, mine);
    const leave = () => {
      if (this.lines.get(key) === mine) this.lines.delete(key);
    };
    mine.then(leave, leave);
    return mine;
  }

  private async compareAndSet({ key, seen }: Seen, next: (counter: Counter) => Counter): Promise<void> {
    for (let known = seen; ; known = 'unknown') {
      const record = known === 'unknown' ? await this.store.read(key) : known;
      const before = counterOf(record);
      const after = next(before);
      if (after === before) return;
      const how = { ttl: MEMORY, ifVersion: record?.version ?? 0 };
      if ((await this.store.write(key, after, how)) === 'written') return;
    }
  }
}

/** A counter as it was read a moment ago (undefined: it was not there), which spares the first look. */
interface Seen {
  key: string;
  seen: StoredRecord | 'unknown' | undefined;
}

function counterOf(record: StoredRecord | undefined): Counter {
  return (record?.value as Counter | undefined) ?? NOTHING;
}
