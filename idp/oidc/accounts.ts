import type { Account, AccountClaims, FindAccount } from 'oidc-provider';
import { mayUse } from '#idp/login/admission.ts';
import type { Person } from '#idp/sources/source.ts';
import { findApplication } from './applications.ts';
import type { TenantScope } from './needs.ts';

/**
 * People as the library sees them: asked of their source each time, so that somebody who was removed, or whose groups
 * no longer admit them, gets no further token and no claims.
 */

/** Claims by scope (OpenID Connect Core section 5.4); `groups` as most applications know it. */
export const CLAIMS = {
  openid: ['sub', 'amr', 'auth_time'],
  profile: ['name', 'given_name', 'family_name', 'preferred_username'],
  email: ['email', 'email_verified'],
  groups: ['groups'],
  acr: null,
  iss: null,
  sid: null,
} as const;

export interface HouseAccount extends Account {
  person: Person;
}

/** With a token: only whom the token's client still admits. */
export function createFindAccount(scope: TenantScope): FindAccount {
  return async (_ctx, subject, token) => {
    const person = await findPerson(scope, subject);
    if (person === undefined) return undefined;
    const clientId = token?.clientId;
    if (clientId !== undefined && !isAdmitted(scope, clientId, person)) return undefined;
    return toAccount(person);
  };
}

export function isAdmitted(scope: TenantScope, clientId: string, person: Person): boolean {
  const application = findApplication(scope.current(), clientId);
  return application !== undefined && mayUse(application, person);
}

/** As of now; undefined: no source knows them any more. */
export async function findPerson(scope: TenantScope, subject: string): Promise<Person | undefined> {
  const tenant = scope.current();
  for (const source of tenant === undefined ? [] : scope.sourcesOf(tenant)) {
    const person = await source.find(subject);
    if (person !== undefined) return person;
  }
  return undefined;
}

function toAccount(person: Person): HouseAccount {
  return { accountId: person.subject, person, claims: () => claimsOf(person) };
}

/** Everything that is known; the library lets through what the scopes allow. */
function claimsOf(person: Person): AccountClaims {
  const known = {
    name: person.name,
    given_name: person.givenName,
    family_name: person.familyName,
    preferred_username: person.username,
    email: person.email,
    email_verified: person.emailVerified,
    groups: person.groups,
  };
  const claims = Object.entries(known).filter(([, value]) => value !== undefined);
  return { sub: person.subject, ...Object.fromEntries(claims) };
}
