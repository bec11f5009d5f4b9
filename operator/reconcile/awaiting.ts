import type { Kind } from '#crds/schema/kinds.ts';
import type { Replica } from '#operator/rules/programmed.ts';

/**
 * Remembers which resources wait for replicas, so that a replica's word costs one reconcile for each resource that it
 * changes something for, and none for the others.
 */

interface Entry {
  kind: Kind;
  key: string;
  /** What the replicas mean for this resource, as a word that can be compared. */
  judge: (replicas: readonly Replica[]) => string;
  last: string;
}

export class Awaiting {
  readonly #entries = new Map<string, Entry>();

  set(kind: Kind, key: string, judge: Entry['judge'], replicas: readonly Replica[]): void {
    this.#entries.set(`${kind} ${key}`, { kind, key, judge, last: judge(replicas) });
  }

  clear(kind: Kind, key: string): void {
    this.#entries.delete(`${kind} ${key}`);
  }

  /** Those for whom something is different now. They wait no more: their next run decides anew. */
  changed(replicas: readonly Replica[]): { kind: Kind; key: string }[] {
    const changed = [...this.#entries].filter(([, entry]) => entry.judge(replicas) !== entry.last);
    for (const [name] of changed) this.#entries.delete(name);
    return changed.map(([, entry]) => entry);
  }
}
