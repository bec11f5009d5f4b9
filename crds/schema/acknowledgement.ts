import { z } from 'zod';

/**
 * What an IdP replica says in the annotation `sso-operator.dev/loaded` of its Lease. The Lease bears the name of the
 * replica's Pod, the label `sso-operator.dev/replica` and is owned by the Pod, so that it goes when the Pod goes.
 *
 * A resourceVersion here is that of the newest event of our own objects (or of the end of the initial list) up to which
 * everything is in use, per kind and never from a bookmark. An object that still waits for its partner holds the number
 * back to just before itself.
 */
export const acknowledgement = z.strictObject({
  /** Newest document format that this replica reads. */
  format: z.int(),
  configMaps: z.string().regex(/^\d+$/),
  secrets: z.string().regex(/^\d+$/),
  /** UIDs of tenants and clients whose newest document was refused; the last good one is still served. At most 50. */
  rejected: z.array(z.string()).max(50),
  /** true: more than 50 are refused, so treat all as refused. */
  rejectedMore: z.boolean(),
});

export type Acknowledgement = z.infer<typeof acknowledgement>;

/** resourceVersions of one etcd compare as integers (KEP-5504); ours are compared only within one kind. */
export function isAtLeast(resourceVersion: string, wanted: string): boolean {
  return BigInt(resourceVersion) >= BigInt(wanted);
}
