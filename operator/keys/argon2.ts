import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { ADVISED_COST, type Argon2idHash, formatPhc, parsePhc } from '#crds/shared/pure/phc.ts';

/** Hashes short secrets that people brought or type, as argon2id PHC strings (RFC 9106). */

const derive = promisify(argon2);

const TAG_BYTES = 32;
const SALT_BYTES = 16;

async function tagOf(secret: string, cost: Omit<Argon2idHash, 'tag'>, length: number): Promise<Uint8Array> {
  const { memory, passes, parallelism, salt } = cost;
  return derive('argon2id', { message: secret, nonce: salt, memory, passes, parallelism, tagLength: length });
}

export async function hashShortSecret(secret: string): Promise<string> {
  const cost = { ...ADVISED_COST, salt: randomBytes(SALT_BYTES) };
  return formatPhc({ ...cost, tag: await tagOf(secret, cost, TAG_BYTES) });
}

/** false also for a string that is no PHC string. */
export async function isShortSecret(secret: string, phc: string): Promise<boolean> {
  const hash = parsePhc(phc);
  if (hash === undefined) return false;
  const tag = await tagOf(secret, hash, hash.tag.length);
  return timingSafeEqual(tag, hash.tag);
}
