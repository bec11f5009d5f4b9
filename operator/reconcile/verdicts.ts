import type { Verdict } from '#crds/schema/conditions.ts';
import { bad, unknown } from '#operator/rules/verdict.ts';
import type { ResourceTaken } from './apply.ts';

/** Verdicts that both kinds give. */

export const NOT_WRITTEN = unknown('Progressing', 'Nothing is live until the conditions before this one are met.');

export const TOO_NEW = unknown(
  'FormatTooNew',
  'A replica that is ready cannot read this configuration yet. Upgrade the identity provider.',
);

export function takenVerdict({ kind, objectName }: ResourceTaken): Verdict {
  return bad('ResourceConflict', `${kind} ${objectName} exists and is not ours. Rename or remove it.`);
}

/** Equal for verdicts that say the same. */
export function fingerprint({ status, reason, message }: Verdict): string {
  return `${status} ${reason} ${message}`;
}
