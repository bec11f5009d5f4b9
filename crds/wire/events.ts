import type { KubeObject } from '#crds/schema/kinds.ts';
import { type Cluster, CORE } from './cluster.ts';
import type { WireClock, WireLog } from './deps.ts';
import { microTime } from './micro-time.ts';

/**
 * Writes Events (events.k8s.io/v1) about our resources. The same thing said again becomes a series on the first Event.
 * It never throws and nobody waits for it: an Event that cannot be written is logged and forgotten. What is said about
 * thousands of resources at once is told of the first hundred and then of a few a second: the status of each says it too,
 * and Events would cost the API server more than what they tell of.
 */

export interface Occurrence {
  type: 'Normal' | 'Warning';
  /** UpperCamelCase, at most 128 characters. */
  reason: string;
  /** What was done, UpperCamelCase. */
  action: string;
  /** A sentence; cut at 1024 characters. Never a secret. */
  message: string;
}

export interface EventRecorder {
  record(about: KubeObject, occurrence: Occurrence): void;
  /** Resolves when everything recorded so far was written or given up. */
  settled(): Promise<void>;
}

export interface RecorderOptions {
  cluster: Cluster;
  clock: WireClock;
  log: WireLog;
  /** Such as `sso-operator.dev/operator`. */
  controller: string;
  /** Pod name. */
  instance: string;
}

/** A series that rested for so long is over; the API server keeps Events for an hour. */
const SERIES_MS = 360_000;
/** How often a series is written while it goes on. */
const REFRESH_MS = 10_000;
/** Series remembered; the oldest go first. */
const REMEMBERED = 1000;
const NOTE = 1024;
/** Of each type: so many at once, then so many a second. */
const BURST = 100;
const PER_SECOND = 5;

interface Series {
  event: Event;
  count: number;
  lastAt: number;
  writtenAt: number;
}

type Event = KubeObject & { note: string; series?: { count: number; lastObservedTime: string } };

export function createRecorder(options: RecorderOptions): EventRecorder {
  const { clock } = options;
  const known = new Map<string, Series>();
  const budgets = { Normal: createBudget(clock), Warning: createBudget(clock) };
  let queue = Promise.resolve();
  let serial = 0;

  const count = (about: KubeObject, occurrence: Occurrence): Series => {
    const now = clock.now();
    const key = [about.metadata.uid, occurrence.type, occurrence.reason, occurrence.action, occurrence.message].join(
      '\n',
    );
    const before = known.get(key);
    const isOver = before === undefined || now - before.lastAt > SERIES_MS;
    const series = isOver
      ? begin(options, about, occurrence, serial++ % 1000)
      : { ...before, count: before.count + 1, lastAt: now };
    known.delete(key);
    known.set(key, series);
    for (const oldest of known.keys()) {
      if (known.size <= REMEMBERED) break;
      known.delete(oldest);
    }
    return series;
  };

  return {
    record(about, occurrence) {
      const series = count(about, occurrence);
      const now = clock.now();
      if (series.count > 1 && now - series.writtenAt < REFRESH_MS) return;
      if (!budgets[occurrence.type]()) return;
      series.writtenAt = now;
      queue = queue.then(() => write(options, series));
    },
    settled: () => queue,
  };
}

/** Answers whether one more may be written now. */
function createBudget(clock: WireClock): () => boolean {
  let left = BURST;
  let at = clock.now();
  return () => {
    left = Math.min(BURST, left + ((clock.now() - at) / 1000) * PER_SECOND);
    at = clock.now();
    if (left < 1) return false;
    left -= 1;
    return true;
  };
}

function begin(options: RecorderOptions, about: KubeObject, occurrence: Occurrence, serial: number): Series {
  const { clock, controller, instance } = options;
  const now = clock.now();
  const { name, namespace, uid, resourceVersion } = about.metadata;
  const event = {
    apiVersion: CORE.events.apiVersion,
    kind: CORE.events.kind,
    // As client-go names them: the time keeps the Events of one object apart.
    metadata: {
      name: `${name.slice(0, 200)}.${(now * 1000 + serial).toString(16)}`,
      namespace: namespace ?? 'default',
    },
    eventTime: microTime(now),
    reportingController: controller,
    reportingInstance: instance.slice(0, 128),
    type: occurrence.type,
    reason: occurrence.reason,
    action: occurrence.action,
    regarding: { apiVersion: about.apiVersion, kind: about.kind, name, namespace, uid, resourceVersion },
    note: shorten(occurrence.message),
  };
  return { event, count: 1, lastAt: now, writtenAt: now };
}

/** The API server counts bytes. */
function shorten(text: string): string {
  if (Buffer.byteLength(text) <= NOTE) return text;
  return `${Buffer.from(text)
    .subarray(0, NOTE - 10)
    .toString('utf8')}…`;
}

/** Applied, not created: the same call begins an Event and continues its series, also when it expired in between. */
async function write({ cluster, log }: RecorderOptions, { event, count, lastAt }: Series): Promise<void> {
  const series = count > 1 ? { series: { count, lastObservedTime: microTime(lastAt) } } : {};
  try {
    await cluster.apply(CORE.events, { ...event, ...series });
  } catch (error) {
    log.warn({ event: event.metadata.name, err: error }, 'cannot write an event');
  }
}
