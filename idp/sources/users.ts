import type { SourceDocument, UsersFile } from '#crds/schema/live-config.ts';
import { ADVISED_COST, formatPhc } from '#crds/shared/pure/phc.ts';
import type { Person, Source } from './source.ts';

/**
 * The `users` source: people of a file, argon2id hashes. A name is compared as it stands; an unknown one costs the same
 * hash as a wrong password, so that time does not tell who exists.
 */

type User = UsersFile['users'][number];

export interface UsersSourceOptions {
  document: SourceDocument;
  file: UsersFile;
  /** Waits its turn in the hashing queue; throws HashQueueFull. */
  verify: (phc: string, password: string) => Promise<boolean>;
}

/** Of nobody's password: the tag is not the hash of anything that we know. */
const DUMMY = formatPhc({ ...ADVISED_COST, salt: new Uint8Array(16), tag: new Uint8Array(32) });

export function createUsersSource({ document, file, verify }: UsersSourceOptions): Source {
  const byName = new Map(file.users.map(user => [user.username, user]));
  const prefix = `${document.name}:`;
  const dummy = dummyLike(file.users) ?? DUMMY;
  return {
    name: document.name,
    displayName: document.displayName,
    find(subject) {
      const user = subject.startsWith(prefix) ? byName.get(subject.slice(prefix.length)) : undefined;
      return Promise.resolve(user && toPerson(document.name, user));
    },
    async checkPassword(username, password) {
      const user = byName.get(username);
      const isRight = await verify(user?.password ?? dummy, password);
      return user !== undefined && isRight ? toPerson(document.name, user) : undefined;
    },
  };
}

/** Costs what the hashes of this file cost (they are made alike), and is the hash of nothing. */
function dummyLike(users: readonly User[]): string | undefined {
  const first = users[0]?.password;
  return first?.replace(/[^$]+$/, tag => 'A'.repeat(tag.length));
}

function toPerson(source: string, user: User): Person {
  const { username, name, givenName, familyName, email, groups = [] } = user;
  return {
    subject: `${source}:${username}`,
    source,
    username,
    ...(name === undefined ? {} : { name }),
    ...(givenName === undefined ? {} : { givenName }),
    ...(familyName === undefined ? {} : { familyName }),
    // Whoever keeps the file vouches for the addresses in it.
    ...(email === undefined ? {} : { email, emailVerified: true }),
    groups,
  };
}
