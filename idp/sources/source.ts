/** Identity sources as the sign-in sees them: small capabilities, each source offers what it can. Knows no protocol. */

export interface Person {
  /** Stable and unique within the tenant: `<source>:<username>` for the users source. */
  readonly subject: string;
  readonly source: string;
  readonly username: string;
  readonly name?: string;
  readonly givenName?: string;
  readonly familyName?: string;
  readonly email?: string;
  /** true: the source vouches that the address is theirs. */
  readonly emailVerified?: boolean;
  readonly groups: readonly string[];
}

export interface Source {
  readonly name: string;
  readonly displayName: string;
  /** Somebody who signed in before, as of now; undefined when they are gone. */
  find(subject: string): Promise<Person | undefined>;
  /** Present where a password can be checked. Takes the same time for an unknown person as for a wrong password. */
  checkPassword?(username: string, password: string): Promise<Person | undefined>;
}
