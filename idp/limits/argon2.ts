import { argon2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { type Argon2idHash, parsePhc } from '#crds/shared/pure/phc.ts';

/** Checks one argon2id hash on libuv's threads. Nobody calls this but the queue: it is 19 MiB and some 20 ms each. */

const derive = promisify(argon2);

/** false also for a hash that is not ours to understand. */
export async function verifyArgon2id(phc: string, password: string): Promise<boolean> {
  const stored = parsePhc(phc);
  if (stored === undefined) return false;
  return timingSafeEqual(await deriveTag(password, stored), stored.tag);
}

function deriveTag(password: string, cost: Argon2idHash): Promise<Buffer> {
  return derive('argon2id', {
    message: Buffer.from(password, 'utf8'),
    nonce: cost.salt,
    memory: cost.memory,
    passes: cost.passes,
    parallelism: cost.parallelism,
    tagLength: cost.tag.length,
  });
}
