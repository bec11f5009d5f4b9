import { ANNOTATIONS, LABELS } from '#crds/schema/group.ts';
import type { AnyResource, KubeObject } from '#crds/schema/kinds.ts';

/** Owns whose an object is that lies beside a resource, where other people write too. */

/** `predecessor`: made for a resource of the same name that is gone; `foreign`: never touched. */
export type Tenure = 'free' | 'ours' | 'predecessor' | 'foreign';

export function tenureOf({ metadata }: AnyResource, object: KubeObject | undefined): Tenure {
  if (object === undefined) return 'free';
  const { labels, annotations } = object.metadata;
  const owner = labels?.[LABELS.ownerUid];
  if (owner === undefined) return 'foreign';
  if (owner === metadata.uid) return 'ours';
  const isNamesake = annotations?.[ANNOTATIONS.owner] === `${metadata.namespace}/${metadata.name}`;
  return isNamesake ? 'predecessor' : 'foreign';
}
