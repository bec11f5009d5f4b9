import { isDeepStrictEqual } from 'node:util';
import type { Condition } from '#crds/schema/conditions.ts';
import type { AnyResource } from '#crds/schema/kinds.ts';
import type { ObjectStore } from '#operator/runtime/store.ts';
import type { House } from './house.ts';
import { OURS } from './types.ts';

/** Writes a status whole, in one write, when it says something new; a transition of Ready becomes an Event. */
export async function writeStatus<T extends AnyResource>(
  house: House,
  store: Pick<ObjectStore<T>, 'raise'>,
  object: T,
  status: NonNullable<T['status']>,
): Promise<void> {
  if (isDeepStrictEqual(prune(object.status), prune(status))) return;
  const reply = await house.cluster.replaceStatus(OURS[object.kind], { ...object, status });
  store.raise(reply);
  announce(house, object, status.conditions ?? []);
}

/** The wire has no undefined. */
function prune(status: unknown): unknown {
  return status === undefined ? {} : JSON.parse(JSON.stringify(status));
}

function announce(house: House, object: AnyResource, conditions: readonly Condition[]): void {
  const find = (all: readonly Condition[] = []) => all.find(({ type }) => type === 'Ready');
  const [before, ready] = [find(object.status?.conditions), find(conditions)];
  if (ready === undefined || (before?.status === ready.status && before.reason === ready.reason)) return;
  const { reason, message } = ready;
  const level = ready.status === 'Unknown' ? 'debug' : 'info';
  house.log[level](
    { kind: object.kind, key: `${object.metadata.namespace}/${object.metadata.name}`, ready: ready.status, reason },
    'ready',
  );
  if (ready.status === 'Unknown') return;
  house.events?.record(object, {
    type: ready.status === 'True' ? 'Normal' : 'Warning',
    reason,
    action: 'Reconcile',
    message,
  });
}
