import type { Condition } from '#crds/schema/conditions.ts';
import type { AnyResource } from '#crds/schema/kinds.ts';
import { table } from './table.ts';

/** The conditions of our objects as a small table: one line each, and one more for each condition that is not True. */

const HEAD = ['KIND', 'NAME', 'READY', 'REASON', ''];

export function conditionTable(objects: readonly AnyResource[]): string[] {
  return table([HEAD, ...objects.flatMap(rowsOf)]);
}

function rowsOf({ kind, metadata, status }: AnyResource): string[][] {
  const conditions: readonly Condition[] = status?.conditions ?? [];
  const ready = conditions.find(({ type }) => type === 'Ready');
  const name = `${metadata.namespace}/${metadata.name}`;
  const first = [kind, name, ready?.status ?? 'Unknown', ready?.reason ?? 'Progressing', ''];
  const isFalse = ready?.status === 'False';
  return [first, ...conditions.filter(condition => isWorthALine(condition, isFalse)).map(told)];
}

const SUMMARIES = new Set(['Ready', 'Reconciling', 'Stalled']);

/**
 * Ready says what the condition behind it says; an advisory is worth reading though all is well; what is unknown only
 * because something before it is False is not.
 */
function isWorthALine({ type, status }: Condition, isFalse: boolean): boolean {
  if (type === 'Advisory') return true;
  return !SUMMARIES.has(type) && (status === 'False' || (status === 'Unknown' && !isFalse));
}

const told = ({ type, status, reason, message }: Condition): string[] => ['', `  ${type}`, status, reason, message];
