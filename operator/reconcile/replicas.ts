import { acknowledgement } from '#crds/schema/acknowledgement.ts';
import { ANNOTATIONS } from '#crds/schema/group.ts';
import type { KubeObject } from '#crds/schema/kinds.ts';
import type { Replica } from '#operator/rules/programmed.ts';

/** Reads the ready replicas of the IdP, and what each has loaded, out of EndpointSlices and Leases. */

export interface EndpointSlice extends KubeObject {
  endpoints?: {
    conditions?: { ready?: boolean };
    targetRef?: { kind?: string; name?: string };
  }[];
}

/** A Pod that is named by several slices (IPv4 and IPv6) counts once. */
function readyPods(slices: readonly EndpointSlice[]): string[] {
  const endpoints = slices.flatMap(slice => slice.endpoints ?? []);
  // An absent condition means ready (discovery.k8s.io/v1, EndpointConditions).
  const ready = endpoints.filter(({ conditions }) => conditions?.ready !== false);
  const names = ready.flatMap(({ targetRef }) => (targetRef?.kind === 'Pod' && targetRef.name ? [targetRef.name] : []));
  return [...new Set(names)].sort();
}

function read(lease: KubeObject | undefined): Replica['acknowledgement'] {
  const text = lease?.metadata.annotations?.[ANNOTATIONS.loaded];
  if (text === undefined) return undefined;
  try {
    return acknowledgement.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

export function readReplicas(
  slices: readonly EndpointSlice[],
  leaseOf: (name: string) => KubeObject | undefined,
): Replica[] {
  return readyPods(slices).map(name => ({ name, acknowledgement: read(leaseOf(name)) }));
}

/** UIDs whose standing changed between two views; `all`: so many are refused that nobody counts them. */
export function changedRejections(before: readonly Replica[], after: readonly Replica[]): Set<string> | 'all' {
  const hasMore = (view: readonly Replica[]) => view.some(replica => replica.acknowledgement?.rejectedMore === true);
  if (hasMore(before) !== hasMore(after)) return 'all';
  const rejected = (view: readonly Replica[]) => new Set(view.flatMap(it => it.acknowledgement?.rejected ?? []));
  const [once, now] = [rejected(before), rejected(after)];
  return new Set([...once, ...now].filter(uid => !once.has(uid) || !now.has(uid)));
}
