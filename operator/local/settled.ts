import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import type { Condition } from '#crds/schema/conditions.ts';
import type { KubeObject, OidcClient, SsoTenant } from '#crds/schema/kinds.ts';
import type { Controllers } from '#operator/reconcile/parts.ts';
import { OURS } from '#operator/reconcile/types.ts';
import type { FolderCluster } from './folder-cluster.ts';

/** When a change has arrived: the controllers rest and the replica has loaded what they wrote. */

export type OurObject = SsoTenant | OidcClient;

const UNDERWAY = new Set(['Progressing', 'WaitingForReplicas', 'NoReplicas']);
const LOOK_MS = 10;

/** In the order of kind, namespace and name. */
export function ourObjects(cluster: FolderCluster): OurObject[] {
  return [...cluster.list<SsoTenant>(OURS.SsoTenant), ...cluster.list<OidcClient>(OURS.OidcClient)];
}

export function isSettled({ metadata, status }: KubeObject & Pick<OurObject, 'status'>): boolean {
  const conditions: Condition[] = status?.conditions ?? [];
  const isUnderway = conditions.some(({ status, reason }) => status !== 'True' && UNDERWAY.has(reason));
  return status?.observedGeneration === metadata.generation && conditions.length > 0 && !isUnderway;
}

/** false: something is still under way after `milliseconds`. */
export async function settled(
  cluster: FolderCluster,
  controllers: Controllers,
  milliseconds: number,
): Promise<boolean> {
  const end = performance.now() + milliseconds;
  // The watches tell in a later turn.
  await turn();
  await Promise.race([controllers.idle(), delay(milliseconds, undefined, { ref: false })]);
  while (!ourObjects(cluster).every(isSettled)) {
    if (performance.now() > end) return false;
    await delay(LOOK_MS);
  }
  return true;
}
