import type {
  ClientCredentials,
  ClientDocument,
  SamlClientDocument,
  TenantDocument,
  TenantKeys,
  UsersFile,
} from '#crds/schema/live-config.ts';

/**
 * A tenant as it is served. All values are immutable: a change makes new ones, and the registry is swapped whole, so
 * that a request sees one state from its first line to its last.
 */

export interface Client {
  readonly document: ClientDocument;
  readonly credentials: ClientCredentials | null;
}

/** It has no credentials: it proves itself with what is in its document. */
export interface SamlClient {
  readonly document: SamlClientDocument;
}

export interface Tenant {
  readonly document: TenantDocument;
  readonly keys: TenantKeys;
  /** PEM; null where TLS ends elsewhere. */
  readonly certificate: { readonly cert: string; readonly key: string } | null;
  /** Content of each `users` source, by source name. */
  readonly users: ReadonlyMap<string, UsersFile>;
  /** Changes when anything above changes, not when a client does. */
  readonly hash: string;
  /** Those that speak OpenID Connect, by clientId. */
  readonly clients: ReadonlyMap<string, Client>;
  /** Those that speak SAML, by entityID. */
  readonly samlClients: ReadonlyMap<string, SamlClientDocument>;
}

/** One immutable state of everything. */
export interface Snapshot {
  readonly byHost: ReadonlyMap<string, Tenant>;
  readonly byUid: ReadonlyMap<string, Tenant>;
}

/** Where the newest snapshot is read. Ask once a request, or again where live clients matter. */
export interface Registry {
  current(): Snapshot;
}
