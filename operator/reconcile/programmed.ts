import type { Verdict } from '#crds/schema/conditions.ts';
import type { AnyResource, ConfigMap, Secret } from '#crds/schema/kinds.ts';
import { judgeProgrammed, type Replica, type Wanted, wantedOf } from '#operator/rules/programmed.ts';
import { keyOf } from '#operator/runtime/store.ts';
import type { House } from './house.ts';
import { fingerprint, NOT_WRITTEN } from './verdicts.ts';

/** What a resource has in the IdP's namespace, and whether the replicas have it; waits for those that have not. */

export interface Applied {
  /** The document that is live now, old or new. */
  configMap?: ConfigMap | undefined;
  secrets: Secret[];
  problem?: Verdict;
}

export interface Programmed {
  verdict: Verdict;
  /** What must have been loaded; undefined when there is nothing to load. */
  wanted: Wanted | undefined;
}

/** Looks at the replicas as of now: what one said while we wrote must not be missed, since it may say no more. */
export function watchReplicas(house: House, resource: AnyResource, applied: Applied): Programmed {
  const replicas = house.replicas();
  const { configMap, secrets, problem } = applied;
  if (problem !== undefined) return { verdict: problem, wanted: undefined };
  if (configMap === undefined) return { verdict: NOT_WRITTEN, wanted: undefined };
  const { uid = '', generation = 0 } = resource.metadata;
  const previous = resource.status?.conditions?.find(({ type }) => type === 'Programmed');
  const wanted = wantedOf(uid, configMap, secrets);
  const judge = (now: readonly Replica[]) => judgeProgrammed({ replicas: now, wanted, previous, generation });
  const verdict = judge(replicas);
  // Once True only a refusal lowers it, and refusals wake by UID.
  if (verdict.status !== 'True')
    house.awaiting.set(resource.kind, keyOf(resource), now => fingerprint(judge(now)), replicas);
  return { verdict, wanted };
}
