import { Resolver } from 'node:dns/promises';

/** Owns the look-up of TXT records, the proof that a domain belongs to a tenant. It must not know what is proved. */

export interface TxtLookup {
  /** Every TXT record at `name`, its strings joined; empty where there is none. Throws when nobody could say. */
  txt(name: string): Promise<string[]>;
}

const NONE = new Set(['ENOTFOUND', 'ENODATA']);

/** `servers`: `address` or `address:port`; empty: those of the machine. */
export function createTxtLookup(servers: readonly string[]): TxtLookup {
  const resolver = new Resolver({ timeout: 3000, tries: 2 });
  if (servers.length > 0) resolver.setServers(servers);
  return {
    async txt(name) {
      try {
        const records = await resolver.resolveTxt(name);
        return records.map(strings => strings.join(''));
      } catch (failure) {
        if (NONE.has((failure as NodeJS.ErrnoException).code ?? '')) return [];
        throw failure;
      }
    },
  };
}
