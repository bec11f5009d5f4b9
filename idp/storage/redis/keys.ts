/**
 * Where a key of Store lies on the server: `<tenant>/<rest>` at `<prefix>:{<tenant>}:<shelf>:<rest>`. The tenant is the
 * hash tag, so that all of a tenant is in one slot of a Cluster and a script may touch several of its keys.
 */

const SHELVES = { record: 'r', alias: 'a', group: 'g' } as const;

export type Place = (shelf: keyof typeof SHELVES, key: string) => string;

/** A mistake of ours, not of the store. */
class KeyWithoutTenant extends Error {
  readonly code = 'KeyWithoutTenant';
}

/** The Place throws KeyWithoutTenant. */
export function placesUnder(prefix: string): Place {
  return (shelf, key) => {
    const slash = key.indexOf('/');
    if (slash < 1) throw new KeyWithoutTenant('a key begins with the UID of its tenant and a slash');
    return `${prefix}:{${key.slice(0, slash)}}:${SHELVES[shelf]}:${key.slice(slash + 1)}`;
  };
}
