import type { ConfigMap, Secret } from '#crds/schema/kinds.ts';
import { applicationSecretName, renderApplicationSecret } from '#operator/render/application-secret.ts';
import { type ChildOf, uidOf } from '#operator/render/child.ts';
import { renderClientConfigMap, renderClientDocument } from '#operator/render/client-config-map.ts';
import { issuerOf } from '#operator/render/issuer.ts';
import { clientChild } from '#operator/render/names.ts';
import { pointerTo, renderSecret } from '#operator/render/secret.ts';
import { placeOf } from './application.ts';
import type { House } from './house.ts';
import type { OidcScene } from './oidc-gather.ts';
import type { OidcFindings } from './oidc-judge.ts';
import type { OidcMaterial } from './oidc-mint.ts';

export interface OidcWish {
  credentials: Secret | undefined;
  /** undefined while a value is missing, or where the name is taken. */
  application: Secret | undefined;
  /** undefined while the client waits for its secret. */
  configMap: ConfigMap | undefined;
}

export function renderOidc(
  { settings }: House,
  scene: OidcScene,
  findings: OidcFindings,
  material: OidcMaterial,
): OidcWish {
  const { client, uid, tenant, clientId } = scene;
  if (tenant === undefined) return { credentials: undefined, application: undefined, configMap: undefined };
  const child: ChildOf = {
    owner: client,
    idpNamespace: settings.idpNamespace,
    tenantUid: uidOf(tenant),
    applicationSecret: placeOf(scene.application, findings.application, applicationSecretName(client)),
  };
  const credentials = material.credentials
    ? renderSecret(clientChild.credentials(uid), child, material.credentials)
    : undefined;
  const pointer = credentials === undefined ? null : pointerTo(credentials);
  const facts = { tenantUid: uidOf(tenant), clientId, credentials: pointer };
  const isWaiting = material.credentials === undefined;
  const hasApplication = findings.application !== 'foreign' && !isWaiting && isKnown(scene, material);
  const issuer = issuerOf(tenant.spec.domain, settings.publicPort);
  return {
    credentials,
    application: hasApplication
      ? renderApplicationSecret(client, { clientId, clientSecret: material.value, issuer })
      : undefined,
    configMap: isWaiting ? undefined : renderClientConfigMap(child, renderClientDocument(client, facts)),
  };
}

/** While a brought secret is away its value is unknown: what the application has must not lose it. */
function isKnown({ client }: OidcScene, { value }: OidcMaterial): boolean {
  return client.spec.type === 'Public' || value !== undefined;
}
