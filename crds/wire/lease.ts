import type { KubeObject } from '#crds/schema/kinds.ts';
import { type Cluster, CORE, WireError } from './cluster.ts';
import type { WireClock, WireLog } from './deps.ts';
import { microTime } from './micro-time.ts';

/**
 * Leader election over one Lease. Of all contenders at most one leads; whoever cannot renew in time stops before another
 * may begin. Times of other machines are never compared: a contender counts from when it saw the Lease change.
 */

export interface ElectionOptions {
  cluster: Cluster;
  clock: WireClock;
  log: WireLog;
  name: string;
  namespace: string;
  /** Of this process, unlike any other's. */
  identity: string;
  /** Seconds; default {@link LEASE_SECONDS}. */
  seconds?: { lease: number; renew: number; retry: number };
  /** Called at most once, when this process leads. */
  onGained: () => void;
  /** Called at most once, when it led and may no longer: stop writing at once. Not called after an abort. */
  onLost: () => void;
  /** Ends the election; a held Lease is released. */
  signal: AbortSignal;
}

export interface Election {
  /**
   * May this process write now? By the clock, so that a process that was frozen does not write on an old right: ask
   * before each write.
   */
  isLeader(): boolean;
  /** Resolves after the release, or after `onLost`. */
  ended: Promise<void>;
}

/** A rival may take over after `lease`; the holder gives up after `renew`, and tries every `retry`. */
export const LEASE_SECONDS = { lease: 15, renew: 10, retry: 2 };

type Lease = KubeObject & {
  spec: {
    holderIdentity?: string;
    leaseDurationSeconds?: number;
    acquireTime?: string;
    renewTime?: string;
    leaseTransitions?: number;
  };
};

interface State {
  /** When this process last wrote its right, by our clock, taken before the write; undefined: it does not lead. */
  renewedAt: number | undefined;
  /** The Lease as last seen, and when it was first seen so. */
  seen: { resourceVersion: string; at: number } | undefined;
  /** Once lost, a write that lands late gives nothing back. */
  isOver: boolean;
}

export function startElection(options: ElectionOptions): Election {
  const { clock, seconds = LEASE_SECONDS } = options;
  const state: State = { renewedAt: undefined, seen: undefined, isOver: false };
  const isLeader = (): boolean =>
    state.renewedAt !== undefined &&
    clock.now() - state.renewedAt < seconds.renew * 1000 &&
    !state.isOver &&
    !options.signal.aborted;
  return { isLeader, ended: run(options, state, isLeader) };
}

async function run(options: ElectionOptions, state: State, isLeader: () => boolean): Promise<void> {
  const { signal, log, identity, name, seconds = LEASE_SECONDS } = options;
  let hasLed = false;
  while (!signal.aborted) {
    await tryRound(options, state);
    if (isLeader() && !hasLed) {
      hasLed = true;
      log.info({ lease: name, identity }, 'leading');
      options.onGained();
    }
    if (hasLed && !isLeader() && !signal.aborted) {
      state.isOver = true;
      log.error({ lease: name, identity }, 'lost the lease');
      return options.onLost();
    }
    await wait(options.clock, signal, nextWait(state, seconds, options.clock.now()));
  }
  if (state.renewedAt !== undefined) await release(options);
}

/** Never later than the end of our own right, so that its loss is noticed in time. */
function nextWait({ renewedAt }: State, { renew, retry }: typeof LEASE_SECONDS, now: number): number {
  const end = renewedAt === undefined ? Infinity : renewedAt + renew * 1000 - now;
  return Math.max(0, Math.min(retry * 1000, end));
}

/** One attempt to take or renew the Lease. A failure leaves the state as it is: time will tell. */
async function tryRound(options: ElectionOptions, state: State): Promise<void> {
  const { cluster, log, name, namespace, clock, signal, seconds = LEASE_SECONDS } = options;
  const deadline = state.renewedAt === undefined ? seconds.renew * 1000 : nextDeadline(state.renewedAt, options);
  try {
    await within(clock, signal, deadline, async () => {
      const live = await cluster.get<Lease>(CORE.leases, name, namespace);
      if (live !== undefined && !mayTake(live, options, state)) {
        state.renewedAt = undefined;
        return;
      }
      const now = clock.now();
      await write(options, live, now);
      state.renewedAt = now;
    });
  } catch (error) {
    const isRace = error instanceof WireError && (error.code === 'Conflict' || error.code === 'AlreadyExists');
    if (!isRace && !signal.aborted) log.warn({ lease: name, err: error }, 'cannot renew the lease');
  }
}

function nextDeadline(renewedAt: number, { clock, seconds = LEASE_SECONDS }: ElectionOptions): number {
  return Math.max(0, renewedAt + seconds.renew * 1000 - clock.now());
}

function mayTake(live: Lease, { identity, clock, seconds = LEASE_SECONDS }: ElectionOptions, state: State): boolean {
  const resourceVersion = live.metadata.resourceVersion ?? '';
  if (state.seen?.resourceVersion !== resourceVersion) state.seen = { resourceVersion, at: clock.now() };
  const { holderIdentity = '', leaseDurationSeconds = seconds.lease } = live.spec;
  if (holderIdentity === '' || holderIdentity === identity) return true;
  return clock.now() - state.seen.at >= leaseDurationSeconds * 1000;
}

async function write(options: ElectionOptions, live: Lease | undefined, now: number): Promise<void> {
  const { cluster, name, namespace, identity, seconds = LEASE_SECONDS } = options;
  const time = microTime(now);
  const isOurs = live?.spec.holderIdentity === identity;
  const spec = {
    holderIdentity: identity,
    leaseDurationSeconds: seconds.lease,
    acquireTime: isOurs ? (live.spec.acquireTime ?? time) : time,
    renewTime: time,
    leaseTransitions: (live?.spec.leaseTransitions ?? 0) + (isOurs || live === undefined ? 0 : 1),
  };
  const { apiVersion, kind } = CORE.leases;
  if (live === undefined) await cluster.create(CORE.leases, { apiVersion, kind, metadata: { name, namespace }, spec });
  else await cluster.replace(CORE.leases, { ...live, spec });
}

/** Lets the next contender begin at once. */
async function release({ cluster, name, namespace, identity, clock, log }: ElectionOptions): Promise<void> {
  try {
    const live = await cluster.get<Lease>(CORE.leases, name, namespace);
    if (live?.spec.holderIdentity !== identity) return;
    const spec = { ...live.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime(clock.now()) };
    await cluster.replace(CORE.leases, { ...live, spec });
  } catch (error) {
    log.warn({ lease: name, err: error }, 'cannot release the lease; it runs out by itself');
  }
}

/** Resolves after `ms` or when `signal` aborts. */
function wait(clock: WireClock, signal: AbortSignal, ms: number): Promise<void> {
  return new Promise(resolve => {
    const end = (): void => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.after(ms, end);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}

/** A round that hangs must not hide that our right ran out. What it writes later is judged by its resourceVersion. */
async function within(clock: WireClock, signal: AbortSignal, ms: number, work: () => Promise<void>): Promise<void> {
  const done = work();
  const settled = new AbortController();
  const late = wait(clock, AbortSignal.any([signal, settled.signal]), ms).then(() => {
    if (!settled.signal.aborted) throw new WireError('Unreachable', `the lease: no answer in ${ms} ms`);
  });
  try {
    await Promise.race([done, late]);
  } finally {
    settled.abort();
    done.catch(() => undefined);
    late.catch(() => undefined);
  }
}
