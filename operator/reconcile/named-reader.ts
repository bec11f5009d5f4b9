import type { KubeObject } from '#crds/schema/kinds.ts';
import type { Cluster, ResourceType } from '#crds/wire/cluster.ts';
import { uidOf } from '#operator/render/child.ts';
import type { Clock } from '#operator/runtime/clock.ts';
import type { ObjectStore } from '#operator/runtime/store.ts';

/**
 * Reads objects of one type outside the IdP's namespace, which the operator may get by name but neither list nor watch.
 * An answer is kept for a few minutes, so that a reconcile for another reason costs no request; "not there" is never
 * kept.
 */

export interface Reading {
  /** UID of the resource that asks. */
  owner: string;
  /** A kept answer counts only for the same stamp: the generation of the resource. */
  stamp: number;
  namespace: string;
  name: string;
}

/** What a resource reads in its own namespace. */
export function readingOf(resource: KubeObject, name: string): Reading {
  const { generation = 0, namespace = '' } = resource.metadata;
  return { owner: uidOf(resource), stamp: generation, namespace, name };
}

interface Kept<T> {
  stamp: number;
  at: number;
  object: T;
}

export interface NamedReaderOptions<T extends KubeObject> {
  cluster: Cluster;
  type: ResourceType;
  clock: Clock;
  keepSeconds: number;
  /** All objects of the type, where they are watched. */
  watched: ObjectStore<T> | undefined;
}

export class NamedReader<T extends KubeObject> {
  readonly #options: NamedReaderOptions<T>;
  readonly #kept = new Map<string, Map<string, Kept<T>>>();

  constructor(options: NamedReaderOptions<T>) {
    this.#options = options;
  }

  /** false: it was never looked at, or was not there. */
  knows({ owner, namespace, name }: Reading): boolean {
    return this.#options.watched !== undefined || this.#kept.get(owner)?.has(`${namespace}/${name}`) === true;
  }

  async read(reading: Reading): Promise<T | undefined> {
    const { cluster, type, clock, keepSeconds, watched } = this.#options;
    const key = `${reading.namespace}/${reading.name}`;
    if (watched !== undefined) return watched.get(key);
    const kept = this.#kept.get(reading.owner)?.get(key);
    const isFresh = kept?.stamp === reading.stamp && clock.now() - kept.at < keepSeconds * 1000;
    if (isFresh) return kept.object;
    const object = await cluster.get<T>(type, reading.name, reading.namespace);
    this.remember(reading, object);
    return object;
  }

  /** Takes in what a read or a write of ours said. */
  remember(reading: Reading, object: T | undefined): void {
    if (this.#options.watched !== undefined) {
      if (object !== undefined) this.#options.watched.raise(object);
      return;
    }
    const mine = this.#kept.get(reading.owner) ?? new Map<string, Kept<T>>();
    this.#kept.set(reading.owner, mine);
    const key = `${reading.namespace}/${reading.name}`;
    if (object === undefined) mine.delete(key);
    else mine.set(key, { stamp: reading.stamp, at: this.#options.clock.now(), object });
  }

  forget(owner: string): void {
    this.#kept.delete(owner);
  }
}
