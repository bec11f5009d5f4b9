import type { Log } from './log.ts';
import type { Metrics, StoreName } from './metrics.ts';
import type { DurableWatcher } from './storage/durable.ts';
import type { LinkWatcher } from './storage/redis/link.ts';

/** What an administrator is told about a shared store: one line a change in the log, the rest in metrics. */
export function watchStore(
  name: StoreName,
  metrics: Pick<Metrics, 'store'>,
  log: Pick<Log, 'info' | 'warn'>,
): LinkWatcher & DurableWatcher {
  const figures = metrics.store(name);
  return {
    changed(state) {
      figures.isUp(state.isUp);
      if (state.isUp) log.info({ store: name }, 'the store answers');
      else log.warn({ store: name, reason: state.reason }, 'the store does not answer');
    },
    failed: () => figures.failed(),
    judged(refusal) {
      figures.isRefused(refusal !== undefined);
      if (refusal === undefined) log.info({ store: name }, 'the store keeps what must be kept');
      else log.warn({ store: name, reason: refusal }, 'the store is refused: nothing durable is offered');
    },
  };
}
