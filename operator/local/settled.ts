import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { acknowledgement, isAtLeast } from '#crds/schema/acknowledgement.ts';
import type { Condition } from '#crds/schema/conditions.ts';
import { ANNOTATIONS, LABELS } from '#crds/schema/group.ts';
import type { AnyResource, KubeObject } from '#crds/schema/kinds.ts';
import { CORE, type ResourceType } from '#crds/wire/cluster.ts';
import type { Controllers } from '#operator/reconcile/parts.ts';
import { OURS } from '#operator/reconcile/types.ts';
import type { FolderCluster } from './folder-cluster.ts';
import { IDP_NAMESPACE, REPLICA } from './settings.ts';

/** When a change has arrived: the controllers rest, and the replica of this run has loaded what they wrote. */

const UNDERWAY = new Set(['Progressing', 'WaitingForReplicas', 'NoReplicas']);
const LOOK_MS = 10;

/** In the order of kind, namespace and name. */
export function ourObjects(cluster: FolderCluster): AnyResource[] {
  return Object.values(OURS).flatMap(type => cluster.list<AnyResource>(type));
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
  while (!isLoaded(cluster) || !ourObjects(cluster).every(isSettled)) {
    if (performance.now() > end) return false;
    await delay(LOOK_MS);
  }
  return true;
}

function isSettled({ metadata, status }: AnyResource): boolean {
  const conditions: readonly Condition[] = status?.conditions ?? [];
  const ready = conditions.find(({ type }) => type === 'Ready');
  if (ready === undefined || status?.observedGeneration !== metadata.generation) return false;
  return ready.status === 'True' || !UNDERWAY.has(ready.reason);
}

/**
 * Conditions outlive a restart, the replica does not; and a change of a Secret alone moves no generation. So its own
 * word is asked for, too.
 */
function isLoaded(cluster: FolderCluster): boolean {
  const lease = cluster.list(CORE.leases).find(({ metadata }) => metadata.name === REPLICA);
  const loaded = lease?.metadata.annotations?.[ANNOTATIONS.loaded];
  if (loaded === undefined) return false;
  const { configMaps, secrets } = acknowledgement.parse(JSON.parse(loaded));
  return isAtLeast(configMaps, newest(cluster, CORE.configMaps)) && isAtLeast(secrets, newest(cluster, CORE.secrets));
}

function newest(cluster: FolderCluster, type: ResourceType): string {
  const versions = cluster
    .list(type)
    .filter(isDocument)
    .map(({ metadata }) => BigInt(metadata.resourceVersion ?? 0));
  return String(versions.reduce((a, b) => (a > b ? a : b), 0n));
}

const isDocument = ({ metadata }: KubeObject): boolean =>
  metadata.namespace === IDP_NAMESPACE && metadata.labels?.[LABELS.document] !== undefined;
