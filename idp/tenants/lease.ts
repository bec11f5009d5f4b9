import type { Acknowledgement } from '#crds/schema/acknowledgement.ts';
import { ANNOTATIONS, LABELS, MANAGED_BY } from '#crds/schema/group.ts';
import type { KubeObject } from '#crds/schema/kinds.ts';
import { type Cluster, CORE, WireError } from '#crds/wire/cluster.ts';
import type { LeaseWriter } from './acknowledge.ts';

/** One Lease a replica, named after its Pod and owned by it, so that it goes when the Pod goes. */

export interface Replica {
  namespace: string;
  podName: string;
  /** Absent outside a cluster: no Pod owns the Lease then. */
  podUid?: string;
}

export type ReplicaLease = KubeObject & { spec: { holderIdentity: string } };

export function renderLease(replica: Replica, acknowledgement: Acknowledgement): ReplicaLease {
  const owner = { apiVersion: 'v1', kind: 'Pod', name: replica.podName, uid: replica.podUid ?? '' };
  return {
    apiVersion: CORE.leases.apiVersion,
    kind: CORE.leases.kind,
    metadata: {
      name: replica.podName,
      namespace: replica.namespace,
      labels: { [LABELS.managedBy]: MANAGED_BY, [LABELS.replica]: 'true' },
      annotations: { [ANNOTATIONS.loaded]: JSON.stringify(acknowledgement) },
      ...(replica.podUid !== undefined && { ownerReferences: [owner] }),
    },
    spec: { holderIdentity: replica.podName },
  };
}

/** Needs get, create and update on Leases of the own namespace, and nothing else. */
export function clusterLease(cluster: Cluster, replica: Replica): LeaseWriter {
  let version: string | undefined;
  const get = (): Promise<ReplicaLease | undefined> => cluster.get(CORE.leases, replica.podName, replica.namespace);

  async function write(lease: ReplicaLease): Promise<void> {
    version ??= (await get())?.metadata.resourceVersion;
    const written =
      version === undefined
        ? await cluster.create(CORE.leases, lease)
        : await cluster.replace(CORE.leases, {
            ...lease,
            metadata: { ...lease.metadata, resourceVersion: version },
          });
    version = written.metadata.resourceVersion;
  }

  return {
    async write(acknowledgement) {
      const lease = renderLease(replica, acknowledgement);
      try {
        await write(lease);
      } catch (error) {
        if (!isStale(error)) throw error;
        version = undefined;
        await write(lease);
      }
    },
    async isThere() {
      version = (await get())?.metadata.resourceVersion;
      return version !== undefined;
    },
  };
}

/** Somebody else wrote, made or deleted it in between: look again, once. */
function isStale(error: unknown): boolean {
  return error instanceof WireError && ['Conflict', 'NotFound', 'AlreadyExists'].includes(error.code);
}
