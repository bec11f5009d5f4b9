import { argon2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { ADVISED_COST, formatPhc } from '#crds/shared/pure/phc.ts';
import { type Call, UsageError } from './command.ts';

/** `sso hash-password`: one line in, one PHC string out. */

const SALT_BYTES = 16;
const TAG_BYTES = 32;

export async function hashPassword({ streams }: Call): Promise<number> {
  const password = (await streams.input()).replace(/\r?\n$/, '');
  if (password === '') throw new UsageError('no password on standard input');
  if (password.includes('\n')) throw new UsageError('more than one line on standard input');
  const salt = randomBytes(SALT_BYTES);
  const { memory, passes, parallelism } = ADVISED_COST;
  const parameters = { message: password, nonce: salt, memory, passes, parallelism, tagLength: TAG_BYTES };
  const tag = await promisify(argon2)('argon2id', parameters);
  streams.out(formatPhc({ ...ADVISED_COST, salt, tag }));
  return 0;
}
