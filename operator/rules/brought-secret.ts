import type { Verdict } from '#crds/schema/conditions.ts';
import { LABELS } from '#crds/schema/group.ts';
import type { Secret } from '#crds/schema/kinds.ts';
import { bad } from './verdict.ts';

/** Owns whether a Secret that somebody brought may be read and has the keys that are needed. Values never leave here in words. */

export type Brought = { data: Record<string, string> } | { problem: Verdict };

/** `keys` must be there and hold something; other keys are left where they are. */
export function readBrought(name: string, secret: Secret | undefined, keys: readonly string[]): Brought {
  if (secret === undefined) {
    return { problem: bad('SecretNotFound', `Secret ${name} is not there. Create it; it is looked for again.`) };
  }
  if (secret.metadata.labels?.[LABELS.readable] !== 'true') {
    return { problem: bad('SecretNotReadable', `Label Secret ${name} with ${LABELS.readable}: "true".`) };
  }
  const missing = keys.find(key => !secret.data?.[key]);
  if (missing !== undefined) return { problem: bad('SecretInvalid', `Secret ${name} has no key ${missing}.`) };
  return { data: Object.fromEntries(keys.map(key => [key, secret.data?.[key] ?? ''])) };
}

/** Text of a base64 value as it stands in a Secret; undefined when it is not UTF-8. */
export function decodeValue(base64: string): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(Buffer.from(base64, 'base64'));
  } catch {
    return undefined;
  }
}
