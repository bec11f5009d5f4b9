import type { Secret } from '#crds/schema/kinds.ts';
import { type Cluster, CORE } from '#crds/wire/cluster.ts';
import type { Clock } from '#operator/runtime/clock.ts';
import type { ObjectStore } from '#operator/runtime/store.ts';

/**
 * Reads Secrets outside the IdP's namespace, which the operator may get by name but neither list nor watch. An answer is
 * kept for a few minutes, so that a reconcile for another reason costs no request; "not there" is never kept.
 */

export interface Reading {
  /** UID of the resource that asks. */
  owner: string;
  /** A kept answer counts only for the same stamp: the generation of the resource. */
  stamp: number;
  namespace: string;
  name: string;
}

interface Kept {
  stamp: number;
  at: number;
  secret: Secret;
}

export interface SecretReaderOptions {
  cluster: Cluster;
  clock: Clock;
  keepSeconds: number;
  /** All Secrets, where they are watched. */
  watched: ObjectStore<Secret> | undefined;
}

export class SecretReader {
  readonly #options: SecretReaderOptions;
  readonly #kept = new Map<string, Map<string, Kept>>();

  constructor(options: SecretReaderOptions) {
    this.#options = options;
  }

  async read(reading: Reading): Promise<Secret | undefined> {
    const { cluster, clock, keepSeconds, watched } = this.#options;
    const key = `${reading.namespace}/${reading.name}`;
    if (watched !== undefined) return watched.get(key);
    const kept = this.#kept.get(reading.owner)?.get(key);
    const isFresh = kept?.stamp === reading.stamp && clock.now() - kept.at < keepSeconds * 1000;
    if (isFresh) return kept.secret;
    const secret = await cluster.get<Secret>(CORE.secrets, reading.name, reading.namespace);
    this.remember(reading, secret);
    return secret;
  }

  /** Takes in what a read or a write of ours said. */
  remember(reading: Reading, secret: Secret | undefined): void {
    if (this.#options.watched !== undefined) {
      if (secret !== undefined) this.#options.watched.raise(secret);
      return;
    }
    const mine = this.#kept.get(reading.owner) ?? new Map<string, Kept>();
    this.#kept.set(reading.owner, mine);
    const key = `${reading.namespace}/${reading.name}`;
    if (secret === undefined) mine.delete(key);
    else mine.set(key, { stamp: reading.stamp, at: this.#options.clock.now(), secret });
  }

  forget(owner: string): void {
    this.#kept.delete(owner);
  }
}
