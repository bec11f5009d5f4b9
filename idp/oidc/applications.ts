import type { SamlClientDocument } from '#crds/schema/live-config.ts';
import type { Tenant } from '#idp/tenants/tenant.ts';

/**
 * The applications of a tenant as sign-in sees them, by the client_id that the library knows. One that speaks SAML has a
 * client inside the house, `saml:<uid>` (no clientId of an OidcClient has a colon): its person comes back to an address
 * of ours and of nobody else, it gets neither code nor token, and it cannot authenticate.
 */

export interface Application {
  clientId: string;
  displayName: string;
  enabled: boolean;
  /** null: everyone of the tenant. */
  accessGroups: readonly string[] | null;
  skipConsent: boolean;
  redirectUris: readonly string[];
  /** Where it lives: what it does there for somebody without a session is to begin anew. */
  homeOf(redirectUri: string): string;
}

/** Where the browser of a SAML sign-in comes back to, under the issuer. */
export const SAML_CONTINUE_PATH = '/saml/continue';

const SAML = 'saml:';

export function findApplication(tenant: Tenant | undefined, clientId: string): Application | undefined {
  if (tenant === undefined) return undefined;
  return clientId.startsWith(SAML) ? findSamlApplication(tenant, clientId) : findOidcApplication(tenant, clientId);
}

export function samlClientId({ uid }: Pick<SamlClientDocument, 'uid'>): string {
  return SAML + uid;
}

export function isSamlClientId(clientId: string): boolean {
  return clientId.startsWith(SAML);
}

export function samlRedirectUri({ document }: Tenant): string {
  return document.issuer + SAML_CONTINUE_PATH;
}

export function findSamlClient({ samlClients }: Tenant, clientId: string): SamlClientDocument | undefined {
  const index = BY_CLIENT_ID.get(samlClients) ?? indexOf(samlClients);
  BY_CLIENT_ID.set(samlClients, index);
  return index.get(clientId);
}

type SamlClients = Tenant['samlClients'];

/** Made once for each state of the clients. */
const BY_CLIENT_ID = new WeakMap<SamlClients, ReadonlyMap<string, SamlClientDocument>>();

function indexOf(clients: SamlClients): ReadonlyMap<string, SamlClientDocument> {
  return new Map([...clients.values()].map(client => [samlClientId(client), client]));
}

function findSamlApplication(tenant: Tenant, clientId: string): Application | undefined {
  const client = findSamlClient(tenant, clientId);
  if (client === undefined) return undefined;
  const { displayName, enabled, accessGroups, assertionConsumerServices: services } = client;
  const home = originOf((services.find(service => service.isDefault) ?? services[0])?.url ?? tenant.document.issuer);
  const redirectUris = [samlRedirectUri(tenant)];
  return { clientId, displayName, enabled, accessGroups, skipConsent: true, redirectUris, homeOf: () => home };
}

function findOidcApplication({ clients }: Tenant, clientId: string): Application | undefined {
  const document = clients.get(clientId)?.document;
  if (document === undefined) return undefined;
  const { displayName, enabled, accessGroups, skipConsent, redirectUris } = document;
  return { clientId, displayName, enabled, accessGroups, skipConsent, redirectUris, homeOf: originOf };
}

function originOf(address: string): string {
  return `${new URL(address).origin}/`;
}
