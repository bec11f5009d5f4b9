import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeObject } from '#crds/schema/kinds.ts';
import { type ResourceType, type WatchScope, type WatchSink, WireError } from './cluster.ts';
import { pause, type WireLog, type WireTiming } from './deps.ts';
import { listPages } from './list.ts';
import { collectionPath, withQuery } from './paths.ts';
import { strip } from './strip.ts';
import type { Transport } from './transport.ts';
import { readEvents } from './watch-stream.ts';

/**
 * Keeps a sink true to the cluster until it is aborted. A list comes as a stream (WatchList) where the API server offers
 * that, else in pages; then changes, resumed at the newest resourceVersion. Whatever goes wrong ends in another attempt.
 */

export interface WatchParts {
  transport: Transport;
  log: WireLog;
  random: () => number;
  timing: WireTiming;
}

export interface Watched<T extends KubeObject> {
  type: ResourceType;
  scope: WatchScope;
  sink: WatchSink<T>;
  signal: AbortSignal;
}

/** Between attempts. */
interface Position {
  /** undefined: list again. */
  resourceVersion: string | undefined;
  /** false once the API server refused WatchList, or broke off before its list was whole. */
  streamsLists: boolean;
  /** Attempts in a row that brought nothing: the pause grows with them. */
  failures: number;
  /** Watches in a row that were opened and told nothing: what we asked for is in doubt. */
  doubts: number;
}

/** Marks the bookmark after the last object of a list that came as a stream. */
const INITIAL_END = 'k8s.io/initial-events-end';

export async function runWatch<T extends KubeObject>(parts: WatchParts, watched: Watched<T>): Promise<void> {
  const position: Position = { resourceVersion: undefined, streamsLists: true, failures: 0, doubts: 0 };
  const { signal, type, scope } = watched;
  while (!signal.aborted) {
    try {
      await attempt(parts, watched, position);
    } catch (error) {
      if (signal.aborted) return;
      const isAbsent = sayAbsent(watched, position, error);
      afterFailure(position, error);
      const { log, timing, random } = parts;
      const waitMs = Math.max(pause(timing.backoff, Math.max(1, position.failures), random), retryAfterMs(error));
      const again = position.resourceVersion === undefined ? 'list' : 'resume';
      const fields = { kind: type.kind, namespace: scope.namespace, err: error, again, waitMs };
      if (isAbsent) log.debug(fields, 'this type is not served here');
      else log.warn(fields, 'watch broke off');
      await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Only the collection itself can be missing: the path of a watch names no object. */
function sayAbsent<T extends KubeObject>({ sink }: Watched<T>, position: Position, error: unknown): boolean {
  if (sink.absent === undefined || !(error instanceof WireError) || error.code !== 'NotFound') return false;
  position.resourceVersion = undefined;
  sink.absent();
  return true;
}

function afterFailure(position: Position, error: unknown): void {
  position.failures += 1;
  const code = error instanceof WireError ? error.code : undefined;
  // No code: what came was unreadable, or the sink threw and does not know what we think it knows.
  if (code === undefined || code === 'Expired' || position.doubts >= 2) position.resourceVersion = undefined;
}

function retryAfterMs(error: unknown): number {
  return error instanceof WireError ? (error.retryAfter ?? 0) * 1000 : 0;
}

async function attempt<T extends KubeObject>(
  parts: WatchParts,
  watched: Watched<T>,
  position: Position,
): Promise<void> {
  if (position.resourceVersion === undefined && !position.streamsLists) {
    const { items, resourceVersion } = await listPages<T>(parts.transport, watched.type, watched.scope, watched.signal);
    watched.sink.replaced(items, resourceVersion);
    position.resourceVersion = resourceVersion;
    position.failures = 0;
    position.doubts = 0;
  }
  const isListing = position.resourceVersion === undefined;
  try {
    await follow(parts, watched, position);
  } catch (error) {
    if (isListing && position.resourceVersion === undefined && refusesStreams(error, position)) {
      position.streamsLists = false;
      return;
    }
    throw error;
  }
}

/** Says no, or twice broke off before its list was whole. */
function refusesStreams(error: unknown, { doubts }: Position): boolean {
  return error instanceof WireError && (error.code === 'Invalid' || doubts >= 2);
}

async function follow<T extends KubeObject>(parts: WatchParts, watched: Watched<T>, position: Position): Promise<void> {
  const { transport, timing } = parts;
  const path = watchPath(parts, watched, position.resourceVersion);
  const begun = performance.now();
  const answer = await transport.stream(path, watched.signal);
  position.doubts += 1;
  const consume = createConsumer(watched, position);
  for await (const event of readEvents(answer, timing.idle)) {
    if (event.type === 'ERROR') throw toError(event.object);
    consume(event.type, event.object as T);
    if (position.resourceVersion === undefined) continue;
    position.failures = 0;
    position.doubts = 0;
  }
  // The API server ends a watch in order after its time. One that ends at once or within its list is a fault.
  const isTooSoon = position.resourceVersion === undefined || performance.now() - begun < 1000;
  if (position.doubts > 0 && isTooSoon)
    throw new WireError('Unreachable', `GET ${path.split('?')[0]}: the watch ended too soon`);
}

function watchPath<T extends KubeObject>(
  { timing, random }: WatchParts,
  { type, scope }: Watched<T>,
  resourceVersion: string | undefined,
): string {
  const isListing = resourceVersion === undefined;
  return withQuery(collectionPath(type, scope.namespace), {
    watch: 'true',
    allowWatchBookmarks: 'true',
    labelSelector: scope.labelSelector,
    fieldSelector: scope.fieldSelector,
    timeoutSeconds: String(Math.ceil((timing.watch / 1000) * (1 + random()))),
    ...(isListing ? { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' } : { resourceVersion }),
  });
}

type Consumer<T> = (type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK', object: T) => void;

function createConsumer<T extends KubeObject>({ type, sink }: Watched<T>, position: Position): Consumer<T> {
  const initial: T[] = [];
  const bookmark = (object: T): void => {
    const version = object.metadata.resourceVersion ?? '';
    if (position.resourceVersion === undefined) {
      if (object.metadata.annotations?.[INITIAL_END] !== 'true') return;
      sink.replaced(initial, version);
    } else if (isOlder(version, position.resourceVersion)) {
      // etcd was restored from a copy: what we know may never have happened.
      throw new WireError('Expired', `the cluster went back from ${position.resourceVersion} to ${version}`);
    }
    position.resourceVersion = version;
  };
  return (eventType, object) => {
    if (eventType === 'BOOKMARK') return bookmark(object);
    strip(type, object);
    if (position.resourceVersion === undefined) return void initial.push(object);
    position.resourceVersion = object.metadata.resourceVersion ?? position.resourceVersion;
    if (eventType === 'DELETED') sink.deleted(object);
    else sink.changed(object);
  };
}

function isOlder(version: string, than: string): boolean {
  return /^\d+$/.test(version) && /^\d+$/.test(than) && BigInt(version) < BigInt(than);
}

function toError({ code, reason, message }: { code?: number; reason?: string; message?: string }): WireError {
  const isExpired = code === 410 || reason === 'Expired' || reason === 'Gone';
  return new WireError(isExpired ? 'Expired' : 'ServerError', `watch: ${code ?? ''} ${reason ?? ''} ${message ?? ''}`);
}
