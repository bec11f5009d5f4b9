import type { Client, OidcClient, Secret, SsoTenant } from '#crds/schema/kinds.ts';
import { CORE } from '#crds/wire/cluster.ts';
import { OURS } from '#operator/reconcile/types.ts';
import { applicationSecretName } from '#operator/render/application-secret.ts';
import type { DemoClient } from './demo/sign-in.ts';
import type { FolderCluster } from './folder-cluster.ts';

/** The clients that the demo app stands in for: those with its callback among their redirect URIs. */
export async function demoClients(cluster: FolderCluster, origin: string): Promise<DemoClient[]> {
  const clients = cluster.list<OidcClient>(OURS.OidcClient);
  const tenants = cluster.list<SsoTenant>(OURS.SsoTenant);
  const wanted = clients.filter(({ spec }) => spec.redirectUris?.includes(`${origin}/callback`));
  const found = await Promise.all(wanted.map(client => demoClient(cluster, client, tenants)));
  return found.filter(client => client !== undefined);
}

async function demoClient(
  cluster: FolderCluster,
  client: OidcClient,
  tenants: readonly SsoTenant[],
): Promise<DemoClient | undefined> {
  const { metadata, spec } = client;
  const secret = await cluster.get<Secret>(CORE.secrets, applicationSecretName(client), metadata.namespace);
  const { client_id: clientId, client_secret: clientSecret, issuer } = decode(secret?.data ?? {});
  if (clientId === undefined || issuer === undefined) return undefined;
  return {
    key: `${metadata.namespace}/${metadata.name}`,
    application: spec.displayName ?? metadata.name,
    tenant: tenantName(client, tenants),
    issuer,
    clientId,
    scopes: spec.scopes ?? ['openid', 'profile', 'email'],
    ...(clientSecret === undefined ? {} : { clientSecret }),
  };
}

export function tenantName({ metadata, spec }: Client, tenants: readonly SsoTenant[]): string {
  const { name, namespace = metadata.namespace } = spec.tenantRef;
  const tenant = tenants.find(it => it.metadata.name === name && it.metadata.namespace === namespace);
  return tenant?.spec.displayName ?? name;
}

function decode(data: Record<string, string>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]));
}
