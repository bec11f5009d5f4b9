import { createHash } from 'node:crypto';
import type { Json } from '#idp/storage/store.ts';
import type { Tenant } from '#idp/tenants/tenant.ts';
import { SamlError } from './errors.ts';
import type { NameIdPolicy, RequestedContext } from './inbound/authn-request.ts';
import type { SamlNeeds } from './needs.ts';

/**
 * An accepted AuthnRequest, while its person signs in. It can be taken once, and only by the browser that brought it:
 * the id travels in addresses, the other half of it is a cookie. (A cross-site POST brings no Lax cookie, but its answer
 * may set one; a cookie a request keeps many applications opened at once apart.)
 */

export interface ParkedRequest {
  entityId: string;
  requestId: string;
  consumerUrl: string;
  relayState: string | null;
  forceAuthn: boolean;
  isPassive: boolean;
  nameIdPolicy: NameIdPolicy | null;
  requestedContext: RequestedContext | null;
  /** Epoch seconds at which it came. */
  at: number;
}

/** Seconds that a person may take to sign in. */
const LIFETIME = 1800;

type Parking = Pick<SamlNeeds, 'store' | 'newSecret' | 'now'>;

export async function park(
  tenant: Tenant,
  request: ParkedRequest,
  { store, newSecret }: Parking,
): Promise<{ id: string; cookie: string }> {
  const [id, browser] = [newSecret(), newSecret()];
  const value = { request: request as unknown as Json, browser: digest(browser) };
  await store.write(keyOf(tenant, id), value, { ttl: LIFETIME });
  return { id, cookie: cookie(id, browser, LIFETIME) };
}

/** Throws SamlError RequestGone or OtherBrowser. `cookies` by name, as the browser sent them. */
export async function take(
  tenant: Tenant,
  asked: { id: string; cookies: ReadonlyMap<string, string> },
  { store, now }: Parking,
): Promise<{ request: ParkedRequest; cookie: string }> {
  const key = keyOf(tenant, asked.id);
  const record = await store.read(key);
  if (record === undefined) throw gone();
  // Before the record is used up: another browser must not be able to spoil it.
  const browser = digest(asked.cookies.get(cookieName(asked.id)) ?? '');
  if (record.value['browser'] !== browser)
    throw new SamlError('OtherBrowser', 'This sign-in was begun in another browser. Please start again here.');
  if ((await store.consume(key, Math.floor(now() / 1000))) !== 'consumed') throw gone();
  // Written by `park` and by nobody else.
  return { request: record.value['request'] as unknown as ParkedRequest, cookie: cookie(asked.id, '', 0) };
}

function gone(): SamlError {
  return new SamlError(
    'RequestGone',
    'This sign-in was finished or has expired. Please start again at the application.',
  );
}

function keyOf(tenant: Tenant, id: string): string {
  return `${tenant.document.uid}/SamlRequest/${digest(id)}`;
}

function cookieName(id: string): string {
  return `__Host-saml-${digest(id).slice(0, 12)}`;
}

function cookie(id: string, value: string, maxAge: number): string {
  return `${cookieName(id)}=${value}; Path=/; Max-Age=${maxAge}; Secure; HttpOnly; SameSite=Lax`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
