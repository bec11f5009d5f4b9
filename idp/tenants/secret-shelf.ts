import type { Secret } from '#crds/schema/kinds.ts';
import { hashSecretData, type SecretPointer } from '#crds/schema/live-config.ts';
import { versionOf } from './live-object.ts';

/** The newest Secrets as they arrived, by name. */

export interface ShelvedSecret {
  readonly version: bigint;
  readonly hash: string;
  readonly data: Readonly<Record<string, string>>;
}

export type SecretShelf = Map<string, ShelvedSecret>;

export function shelve(secret: Secret): ShelvedSecret {
  const data = secret.data ?? {};
  return { version: versionOf(secret.metadata.resourceVersion), hash: hashSecretData(data), data };
}

/** The data that a document asks for; undefined while one of its Secrets is absent or is another one than it names. */
export function pick(
  shelf: SecretShelf,
  needs: readonly SecretPointer[],
): Map<string, ShelvedSecret['data']> | undefined {
  const picked = new Map<string, ShelvedSecret['data']>();
  for (const pointer of needs) {
    const secret = shelf.get(pointer.name);
    if (secret?.hash !== pointer.hash) return undefined;
    picked.set(pointer.name, secret.data);
  }
  return picked;
}
