import type { Condition } from '#crds/schema/conditions.ts';

/**
 * Holds back a status that says no more than "the replicas are loading it": they mostly have it in a moment, and one
 * write says both. Until then the status is that of the generation before, as its observedGeneration tells.
 */

const SECONDS = 2;

export class Patience {
  /** UID -> milliseconds since the epoch at which the waiting began. */
  readonly #since = new Map<string, number>();

  /** Seconds for which these conditions are not written yet; 0: now. */
  left(uid: string, conditions: readonly Condition[], now: number): number {
    const ready = conditions.find(({ type }) => type === 'Ready');
    if (ready?.reason !== 'WaitingForReplicas') {
      this.forget(uid);
      return 0;
    }
    const since = this.#since.get(uid) ?? now;
    this.#since.set(uid, since);
    return Math.max(0, SECONDS - (now - since) / 1000);
  }

  forget(uid: string): void {
    this.#since.delete(uid);
  }
}
