import type { Verdict } from '#crds/schema/conditions.ts';
import { type Contender, precedes } from './attachment.ts';
import { bad } from './verdict.ts';

/** Owns which SamlClient has an entityId in its tenant. */

export interface EntityIdCase {
  entityId: string;
  /** `isLive` here and below: the live document bears this very entityId. */
  self: Contender;
  /** Other attached clients of the tenant that claim the same. */
  others: readonly Contender[];
}

/** undefined: the entityId is free. It may change, so who holds it already stays, however young. */
export function judgeEntityId({ entityId, self, others }: EntityIdCase): Verdict | undefined {
  if (!others.some(other => precedes(other, self))) return undefined;
  return bad('EntityIdConflict', `entityId ${entityId} is taken in this tenant. Register the application once.`);
}
