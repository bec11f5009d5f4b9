import type { ConfigMap, SamlClient, SsoTenant } from '#crds/schema/kinds.ts';
import { CORE } from '#crds/wire/cluster.ts';
import { OURS } from '#operator/reconcile/types.ts';
import { outputName } from '#operator/render/output-config-map.ts';
import { type DemoSamlClient, SAML_PATHS } from './demo/saml-sign-in.ts';
import { tenantName } from './demo-clients.ts';
import type { FolderCluster } from './folder-cluster.ts';

/** The SAML clients that the demo app stands in for: those with its address for answers, or with its metadata. */
export async function demoSamlClients(cluster: FolderCluster, origin: string): Promise<DemoSamlClient[]> {
  const tenants = cluster.list<SsoTenant>(OURS.SsoTenant);
  const wanted = cluster.list<SamlClient>(OURS.SamlClient).filter(client => isOurs(client, origin));
  const found = await Promise.all(wanted.map(client => demoSamlClient(cluster, client, tenants)));
  return found.filter(client => client !== undefined);
}

function isOurs({ spec, status }: SamlClient, origin: string): boolean {
  const services = spec.assertionConsumerServices ?? [];
  return (
    services.some(({ url }) => url === origin + SAML_PATHS.acs) || status?.entityId === origin + SAML_PATHS.metadata
  );
}

async function demoSamlClient(
  cluster: FolderCluster,
  client: SamlClient,
  tenants: readonly SsoTenant[],
): Promise<DemoSamlClient | undefined> {
  const { metadata, spec } = client;
  const output = await cluster.get<ConfigMap>(CORE.configMaps, outputName(client), metadata.namespace);
  const told = samlClientOf(output?.data ?? {});
  if (told === undefined) return undefined;
  return {
    key: `${metadata.namespace}/${metadata.name}`,
    application: spec.displayName ?? metadata.name,
    tenant: tenantName(client, tenants),
    ...told,
  };
}

/** What an application reads from its output ConfigMap, and nothing else; undefined: it is not all there. */
export function samlClientOf(
  data: Readonly<Record<string, string>>,
): Pick<DemoSamlClient, 'issuer' | 'entityId' | 'idp'> | undefined {
  const { entity_id: entityId, idp_entity_id: idpEntityId, sso_url: singleSignOn, slo_url: singleLogout } = data;
  const certificates = data['signing.crt']?.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (!entityId || !idpEntityId || !singleSignOn || !singleLogout || !certificates) return undefined;
  const { origin: issuer } = new URL(singleSignOn);
  return { issuer, entityId, idp: { entityId: idpEntityId, singleSignOn, singleLogout, certificates } };
}
