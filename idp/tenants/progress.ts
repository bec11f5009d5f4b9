import type { Acknowledgement } from '#crds/schema/acknowledgement.ts';
import { FORMAT } from '#crds/schema/live-config.ts';

/** How far this replica has come, as it may be said in its Lease (DESIGN decision 3). Pure apart from LoadedVersion. */

/** A pair normally completes within a second. One that does not is told as refused, so that it cannot hold back others. */
export const PATIENCE_MS = 10_000;

const MOST_REJECTED = 50;

/** The newest version of our own objects; bookmarks never come here, since they move with foreign objects. */
export class LoadedVersion {
  newest = 0n;
  isListed = false;

  see(version: bigint): void {
    if (version > this.newest) this.newest = version;
  }

  /** The first list counts as it is; a later one only where time went backwards (an etcd restored from a backup). */
  list(version: bigint): void {
    if (!this.isListed || version < this.newest) this.newest = version;
    this.isListed = true;
  }
}

/** A document that is not (only) served as it is. Without a standing all is well. */
export type Standing =
  | { readonly kind: 'refused'; readonly uid: string }
  | {
      readonly kind: 'waiting';
      readonly uid: string;
      /** Epoch milliseconds. */
      readonly since: number;
      /** undefined: this very document is served already, only a Secret has moved on. */
      readonly configMap: bigint | undefined;
      /** Versions of Secrets that have arrived and are not in use. */
      readonly secrets: readonly bigint[];
    };

export interface Progress {
  readonly acknowledgement: Acknowledgement;
  /** Documents that wait for their partner, patiently. */
  readonly waiting: number;
}

interface State {
  configMaps: bigint;
  secrets: bigint;
  standings: Iterable<Standing>;
  collisions: Iterable<string>;
  now: number;
}

export function progressOf(state: State): Progress {
  const rejected = new Set(state.collisions);
  let { configMaps, secrets } = state;
  let waiting = 0;
  for (const standing of state.standings) {
    if (standing.kind === 'refused' || state.now - standing.since >= PATIENCE_MS) {
      rejected.add(standing.uid);
      continue;
    }
    waiting += 1;
    if (standing.configMap !== undefined) configMaps = least(configMaps, standing.configMap - 1n);
    for (const version of standing.secrets) secrets = least(secrets, version - 1n);
  }
  return {
    waiting,
    acknowledgement: {
      format: FORMAT,
      configMaps: String(configMaps),
      secrets: String(secrets),
      rejected: [...rejected].sort().slice(0, MOST_REJECTED),
      rejectedMore: rejected.size > MOST_REJECTED,
    },
  };
}

function least(a: bigint, b: bigint): bigint {
  if (b < 0n) return 0n;
  return a < b ? a : b;
}
