import { createHash, timingSafeEqual } from 'node:crypto';
import type { ClientCredentials } from '#crds/schema/live-config.ts';
import type { HashQueue } from '#idp/limits/hash-queue.ts';

/**
 * Checks a client secret against what is stored of it: SHA-256 for random ones, argon2id for short ones that somebody
 * brought. Several are valid during a rotation. An argon2id verdict is kept as long as the credentials are the same
 * object, that is the same version: a client authenticates with every token, and a hash is 20 ms.
 */

type StoredSecret = ClientCredentials['secrets'][number];

export class SecretChecker {
  private readonly hashing: HashQueue;
  /** SHA-256 of the secrets that were right, by version of the credentials. */
  private readonly known = new WeakMap<ClientCredentials, Set<string>>();

  constructor(hashing: HashQueue) {
    this.hashing = hashing;
  }

  /** Throws HashQueueFull. */
  async isRight(credentials: ClientCredentials | null, secret: string): Promise<boolean> {
    if (credentials === null) return false;
    const digest = createHash('sha256').update(secret, 'utf8').digest();
    const known = this.known.get(credentials) ?? new Set();
    if (known.has(digest.toString('base64url'))) return true;
    const isRight = await this.compareAll(credentials.secrets, secret, digest);
    if (isRight) this.known.set(credentials, known.add(digest.toString('base64url')));
    return isRight;
  }

  private async compareAll(stored: readonly StoredSecret[], secret: string, digest: Buffer): Promise<boolean> {
    const cheap = stored.filter(candidate => candidate.algorithm === 'sha256');
    if (cheap.map(candidate => isEqual(Buffer.from(candidate.hash, 'base64url'), digest)).includes(true)) return true;
    for (const { algorithm, hash } of stored) {
      if (algorithm === 'argon2id' && (await this.hashing.verify(hash, secret))) return true;
    }
    return false;
  }
}

function isEqual(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
