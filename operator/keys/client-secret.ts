import { createHash, randomInt } from 'node:crypto';
import { type ClientCredentials, FORMAT } from '#crds/schema/live-config.ts';
import { hashShortSecret, isShortSecret } from './argon2.ts';

/**
 * Owns how a client secret is made and what the IdP is given to check it: never the value. It must not know where the
 * value is kept.
 */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
/** 43 characters of 62 hold 256 bits (RFC 6749 section 10.10 asks for 128 or more); none needs escaping anywhere. */
const LENGTH = 43;
const MINTED = /^[A-Za-z0-9]{43}$/;

/** From this length on a brought secret cannot be guessed; a shorter one is stored as argon2id. */
const LONG_ENOUGH = 32;

export function mintClientSecret(): string {
  return Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

/** Has the form that {@link mintClientSecret} gives. */
export function isMinted(value: string | undefined): value is string {
  return value !== undefined && MINTED.test(value);
}

export function isShort(value: string): boolean {
  return value.length < LONG_ENOUGH;
}

type StoredSecret = ClientCredentials['secrets'][number];

function sha256(value: string): StoredSecret {
  return { algorithm: 'sha256', hash: createHash('sha256').update(value, 'utf8').digest('base64url') };
}

/**
 * What the IdP stores. A salted hash of a short secret is kept as long as the value is the same, since another salt
 * would be another document.
 */
export async function credentialsFor(
  value: string,
  present: ClientCredentials | undefined,
): Promise<ClientCredentials> {
  if (!isShort(value)) return { format: FORMAT, secrets: [sha256(value)] };
  const kept = present?.secrets[0];
  if (kept?.algorithm === 'argon2id' && (await isShortSecret(value, kept.hash)))
    return { format: FORMAT, secrets: [kept] };
  return { format: FORMAT, secrets: [{ algorithm: 'argon2id', hash: await hashShortSecret(value) }] };
}
