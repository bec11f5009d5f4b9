import { WireError } from '#crds/wire/cluster.ts';
import type { Clock } from './clock.ts';
import { Stalled, Superseded, Waiting } from './failures.ts';
import type { Log } from './log.ts';
import { KeyedQueue } from './queue.ts';
import type { Turn } from './turns.ts';

/**
 * Runs one reconcile function by key and turns how it ended into when it runs again. It never gives up on a key, and
 * must not know what is reconciled.
 */

export interface Outcome {
  /** Come back after so many seconds even if nothing changes. */
  requeueAfter?: number;
}

type Result = 'success' | 'requeue' | 'requeue_after' | 'error';

/** What a metrics registry may count; names follow controller-runtime. */
export interface ControllerMetrics {
  added(controller: string): void;
  reconciled(controller: string, result: Result, seconds: number): void;
  watch(controller: string, gauge: { depth(): number; active(): number }): void;
}

export interface ControllerOptions {
  name: string;
  concurrency: number;
  reconcile: (key: string, signal: AbortSignal) => Promise<Outcome>;
  clock: Clock;
  /** In [0, 1). */
  random: () => number;
  log: Log;
  metrics?: ControllerMetrics | undefined;
  signal: AbortSignal;
}

export interface Controller {
  readonly name: string;
  /** `turn`: default `later`. */
  enqueue(key: string, turn?: Turn): void;
  enqueueAfter(key: string, seconds: number): void;
  start(): void;
  idle(): Promise<void>;
  isIdle(): boolean;
  /** Milliseconds since the epoch of the oldest run under way; undefined when none runs. */
  oldestRun(): number | undefined;
}

const FIRST_BACKOFF_MS = 200;
const LONGEST_BACKOFF_MS = 300_000;

/** Doubles from 200 ms to 5 minutes, less up to a half of it at random, so that keys that failed together part. */
export function backoff(failures: number, random: number): number {
  const full = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(failures - 1, 20));
  return full * (1 - random / 2);
}

interface Retry {
  result: Result;
  /** Milliseconds; undefined: only a change brings it back. */
  after: number | undefined;
}

export function retryOf(failure: unknown, failures: number, random: number): Retry {
  if (failure instanceof Stalled) return { result: 'success', after: undefined };
  if (failure instanceof Waiting) return { result: 'requeue_after', after: failure.seconds * 1000 };
  const isMoved = failure instanceof Superseded || (failure instanceof WireError && failure.code === 'Conflict');
  if (isMoved) return { result: 'requeue', after: failures === 1 ? 0 : backoff(failures, random) };
  const named = failure instanceof WireError ? (failure.retryAfter ?? 0) * 1000 : 0;
  return { result: 'error', after: Math.max(named, backoff(failures, random)) };
}

export function createController(options: ControllerOptions): Controller {
  const { name, clock, metrics, signal } = options;
  const rounds = createRounds(options);
  const queue = new KeyedQueue({
    clock,
    concurrency: options.concurrency,
    async run(key) {
      const after = await rounds.run(key);
      if (after === 0) queue.add(key, 'soon');
      else if (after !== undefined) queue.addAfter(key, after);
    },
  });
  signal.addEventListener('abort', () => queue.stop(), { once: true });
  metrics?.watch(name, { depth: () => queue.depth, active: () => queue.active });
  return {
    name,
    enqueue(key, turn) {
      if (signal.aborted) return;
      metrics?.added(name);
      queue.add(key, turn);
    },
    enqueueAfter(key, seconds) {
      if (!signal.aborted) queue.addAfter(key, seconds * 1000);
    },
    start: () => queue.start(),
    idle: () => queue.idle(),
    isIdle: () => queue.isIdle(),
    oldestRun: rounds.oldest,
  };
}

interface Rounds {
  /** Resolves to the milliseconds until the key runs again; undefined: when something changes. */
  run(key: string): Promise<number | undefined>;
  oldest: () => number | undefined;
}

function createRounds({ name, clock, log, metrics, signal, reconcile, random }: ControllerOptions): Rounds {
  const failures = new Map<string, number>();
  const began = new Map<string, number>();

  async function settle(key: string): Promise<Retry> {
    try {
      const { requeueAfter } = await reconcile(key, signal);
      failures.delete(key);
      if (requeueAfter === undefined) return { result: 'success', after: undefined };
      return { result: 'requeue_after', after: requeueAfter * 1000 };
    } catch (failure) {
      return fail(key, failure);
    }
  }

  function fail(key: string, failure: unknown): Retry {
    const count = (failures.get(key) ?? 0) + 1;
    const retry = retryOf(failure, count, random());
    if (retry.result === 'success') failures.delete(key);
    else failures.set(key, count);
    if (retry.result === 'error' && !signal.aborted) {
      log.warn({ controller: name, key, err: failure, retryMs: retry.after }, 'reconcile failed');
    }
    return retry;
  }

  return {
    async run(key) {
      const start = clock.now();
      began.set(key, start);
      const { result, after } = await settle(key);
      began.delete(key);
      metrics?.reconciled(name, result, (clock.now() - start) / 1000);
      return signal.aborted ? undefined : after;
    },
    oldest: () => began.values().next().value,
  };
}
