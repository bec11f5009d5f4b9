import { type Attempts } from '#idp/limits/attempts.ts';
import { HashQueueFull } from '#idp/limits/hash-queue.ts';
import type { SourcesOf } from '#idp/sources/index.ts';
import type { Person, Source } from '#idp/sources/source.ts';
import type { Tenant } from '#idp/tenants/tenant.ts';
import type { AuthenticationEvent } from './door.ts';

/**
 * The one brain that signs a person in: which source, is the password right, may they go on. Used by every protocol;
 * knows none, and no page.
 */

interface LoginAttempt {
  tenant: Tenant;
  /** Name of the source; absent: each source that checks passwords, in order. */
  source?: string;
  username: string;
  password: string;
  /** Address of the person, as the trusted proxy says. */
  ip: string;
}

/** `retryAfter` in seconds. `wrong` says neither what was wrong nor whether the person exists. */
export type LoginOutcome =
  | { outcome: 'signed-in'; event: AuthenticationEvent; person: Person }
  | { outcome: 'wrong' }
  | { outcome: 'throttled'; retryAfter: number }
  | { outcome: 'busy'; retryAfter: number };

export interface Login {
  /** Throws StoreUnavailable. */
  attempt(attempt: LoginAttempt): Promise<LoginOutcome>;
}

export interface LoginDependencies {
  sourcesOf: SourcesOf;
  limits: Attempts;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** More than any password; hashing megabytes is somebody else's wish. */
const LONGEST = { username: 256, password: 1024 };

export function createLogin(needs: LoginDependencies): Login {
  return { attempt: attempt => attemptLogin(attempt, needs) };
}

async function attemptLogin(attempt: LoginAttempt, needs: LoginDependencies): Promise<LoginOutcome> {
  const { tenant, username, password, ip } = attempt;
  if (username === '' || username.length > LONGEST.username) return { outcome: 'wrong' };
  if (password === '' || password.length > LONGEST.password) return { outcome: 'wrong' };
  // Lower case for counting only: otherwise the spelling of a name would buy further attempts.
  const account = username.toLowerCase();
  const counted = { tenantUid: tenant.document.uid, purpose: 'login', account, address: ip };
  const verdict = await needs.limits.begin(counted);
  if (verdict.throttled) return { outcome: 'throttled', retryAfter: verdict.retryAfter };
  try {
    const person = await checkPassword(sourcesFor(attempt, needs), username, password);
    if (person === undefined) return { outcome: 'wrong' };
    await needs.limits.succeeded(counted);
    return { outcome: 'signed-in', event: passwordEvent(person, needs.now()), person };
  } catch (cause) {
    if (!(cause instanceof HashQueueFull)) throw cause;
    await needs.limits.undone(counted);
    return { outcome: 'busy', retryAfter: cause.retryAfter };
  }
}

function sourcesFor({ tenant, source }: LoginAttempt, { sourcesOf }: LoginDependencies): readonly Source[] {
  const all = sourcesOf(tenant);
  return source === undefined ? all : all.filter(candidate => candidate.name === source);
}

/** In the order of the tenant; the first source that knows the password has the person. */
async function checkPassword(
  sources: readonly Source[],
  username: string,
  password: string,
): Promise<Person | undefined> {
  for (const source of sources) {
    const person = await source.checkPassword?.(username, password);
    if (person !== undefined) return person;
  }
  return undefined;
}

function passwordEvent(person: Person, now: number): AuthenticationEvent {
  const at = Math.floor(now / 1000);
  return { subject: person.subject, source: person.source, methods: [{ amr: 'pwd', at }], at };
}
