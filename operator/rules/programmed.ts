import { type Acknowledgement, isAtLeast } from '#crds/schema/acknowledgement.ts';
import type { Condition, Verdict } from '#crds/schema/conditions.ts';
import type { ConfigMap, Secret } from '#crds/schema/kinds.ts';
import { bad, good, unknown } from './verdict.ts';

/**
 * Owns what `Programmed` means: every ready replica of the IdP has loaded this generation and refuses none of it. Once
 * True for a generation only a refusal lowers it, so a pod that joins rewrites no status.
 */

export interface Replica {
  name: string;
  /** undefined: ready, but it has not said what it loaded. */
  acknowledgement: Acknowledgement | undefined;
}

/** What must have been loaded. resourceVersions are compared within one kind only. */
export interface Wanted {
  uid: string;
  configMap: string;
  secrets: readonly string[];
}

export function wantedOf(uid: string, configMap: ConfigMap, secrets: readonly Secret[]): Wanted {
  return {
    uid,
    configMap: configMap.metadata.resourceVersion ?? '0',
    secrets: secrets.map(secret => secret.metadata.resourceVersion ?? '0'),
  };
}

export function hasLoaded(replica: Replica, wanted: Wanted): boolean {
  const said = replica.acknowledgement;
  if (said === undefined) return false;
  const hasSecrets = wanted.secrets.every(version => isAtLeast(said.secrets, version));
  return hasSecrets && isAtLeast(said.configMaps, wanted.configMap);
}

function rejects({ acknowledgement }: Replica, uid: string): boolean {
  return acknowledgement !== undefined && (acknowledgement.rejectedMore || acknowledgement.rejected.includes(uid));
}

export function isStillTrue(previous: Condition | undefined, generation: number): boolean {
  return previous?.status === 'True' && previous.observedGeneration === generation;
}

export interface ProgrammedCase {
  replicas: readonly Replica[];
  wanted: Wanted;
  previous: Condition | undefined;
  generation: number;
}

const LOADED = good('Every ready replica of the identity provider has loaded this generation.');

export function judgeProgrammed({ replicas, wanted, previous, generation }: ProgrammedCase): Verdict {
  const refusing = replicas.find(replica => rejects(replica, wanted.uid));
  if (refusing !== undefined) {
    const kept = 'The last good state is served; its log says why.';
    return bad('Rejected', `Replica ${refusing.name} refuses the newest configuration. ${kept}`);
  }
  if (isStillTrue(previous, generation)) return LOADED;
  if (replicas.length === 0) return unknown('NoReplicas', 'No replica of the identity provider is ready.');
  if (replicas.some(replica => replica.acknowledgement === undefined)) {
    return unknown('NoReplicas', 'A ready replica has not said yet what it has loaded.');
  }
  return replicas.every(replica => hasLoaded(replica, wanted))
    ? LOADED
    : unknown('WaitingForReplicas', 'Not every ready replica has loaded this generation yet.');
}

/** A document may be taken away when nobody serves its older, enabled form any more. */
export function isForgotten(replicas: readonly Replica[], wanted: Wanted): boolean {
  return replicas.every(replica => hasLoaded(replica, wanted));
}

/** A newer format waits until every ready replica reads it: an older one would refuse the document. */
export function canRead(replicas: readonly Replica[], format: number): boolean {
  return replicas.every(({ acknowledgement }) => acknowledgement === undefined || acknowledgement.format >= format);
}
