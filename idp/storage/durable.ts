import type { RedisStore } from './redis/index.ts';
import { type Store, StoreUnavailable } from './store.ts';

/**
 * Durable data: what must outlive sessions (consents; later second factors and links). It is kept only where the servers
 * promise to keep it: append-only persistence on, nothing evicted. Everywhere else it is refused with the reason, and
 * what needs it is not offered.
 */

export interface DurableStore {
  /** undefined: nothing durable is kept at this moment. Ask again each time: servers and their settings change. */
  current(): Store | undefined;
}

export const NOTHING_DURABLE: DurableStore = { current: () => undefined };

export interface DurableWatcher {
  /** undefined: accepted. Called when it changes, with words for an administrator. */
  judged(refusal: string | undefined): void;
}

/** Milliseconds between two looks at servers that nobody told us about: a setting may be changed while they run. */
const RECHECK = 60_000;

/** Refuses until the servers were asked once. */
export function durableOn(store: RedisStore, watcher: DurableWatcher): DurableStore & { stop(): void } {
  let refusal: string | undefined = 'its servers were not asked yet';
  const judge = async (): Promise<void> => {
    const verdict = await judgeServers(store);
    if (verdict === 'away' || verdict.refusal === refusal) return;
    refusal = verdict.refusal;
    watcher.judged(refusal);
  };
  store.onServers(() => void judge());
  const timer = setInterval(() => void judge(), RECHECK).unref();
  return { current: () => (refusal === undefined ? store : undefined), stop: () => clearInterval(timer) };
}

/** A store that is away is no reason: it says so itself, and is asked again when it is back. */
async function judgeServers(store: RedisStore): Promise<'away' | { refusal: string | undefined }> {
  try {
    const facts = await store.facts();
    return { refusal: facts.map(refusalOf).find(reason => reason !== undefined) };
  } catch (error) {
    if (!(error instanceof StoreUnavailable) || !isForbidden(error.cause)) return 'away';
    return { refusal: 'it could not be asked whether it keeps its data: allow the user of the IdP the command INFO' };
  }
}

function isForbidden(cause: unknown): boolean {
  return cause instanceof Error && cause.message === 'NOPERM';
}

/** `info`: what one server answers to INFO. undefined: it keeps its data. */
function refusalOf(info: string): string | undefined {
  if (read(info, 'aof_enabled') !== '1')
    return 'append-only persistence is off (appendonly yes), so that a restart would lose what people decided';
  if (read(info, 'maxmemory_policy') !== 'noeviction')
    return 'maxmemory-policy is not noeviction, so that full memory would drop what people decided';
  return undefined;
}

function read(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
}
