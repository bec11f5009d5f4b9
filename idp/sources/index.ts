import type { SourceDocument } from '#crds/schema/live-config.ts';
import type { Tenant } from '#idp/tenants/tenant.ts';
import type { Source } from './source.ts';
import { createUsersSource } from './users.ts';

/**
 * Owns which kind of source serves a document: one row a kind. Knows neither protocol nor how a sign-in goes on; what a
 * source can do is in the capabilities it has.
 */

export interface SourceDependencies {
  hashing: { verify(phc: string, password: string): Promise<boolean> };
}

type Maker = (document: SourceDocument, tenant: Tenant, needs: SourceDependencies) => Source;

const SOURCES: Record<SourceDocument['type'], Maker> = {
  users: (document, tenant, { hashing }) =>
    createUsersSource({
      document,
      file: tenant.users.get(document.name) ?? { users: [] },
      verify: (phc, password) => hashing.verify(phc, password),
    }),
};

/** The sources of a tenant in the order of its document; made once for each state of it. */
export type SourcesOf = (tenant: Tenant) => readonly Source[];

export function createSources(needs: SourceDependencies): SourcesOf {
  const made = new WeakMap<object, readonly Source[]>();
  return tenant => {
    const present = made.get(tenant.users);
    if (present !== undefined) return present;
    const sources = tenant.document.sources.map(document => SOURCES[document.type](document, tenant, needs));
    made.set(tenant.users, sources);
    return sources;
  };
}
