import type { ConfigMap } from '#crds/schema/kinds.ts';
import { uidOf } from '#operator/render/child.ts';
import { outputName, renderOutput } from '#operator/render/output-config-map.ts';
import { renderSamlClientConfigMap, renderSamlClientDocument } from '#operator/render/saml-client-config-map.ts';
import { placeOf } from './application.ts';
import type { House } from './house.ts';
import type { SamlScene } from './saml-gather.ts';
import type { SamlFindings } from './saml-judge.ts';

export interface SamlWish {
  /** undefined where the name is taken, and while nothing is known of the application. */
  output: ConfigMap | undefined;
  /** undefined while nothing is known of the application. */
  configMap: ConfigMap | undefined;
}

export function renderSaml({ settings }: House, scene: SamlScene, findings: SamlFindings): SamlWish {
  const { client, tenant, idp, sp } = scene;
  if (tenant === undefined || idp === undefined || sp.facts === undefined) {
    return { output: undefined, configMap: undefined };
  }
  const child = {
    owner: client,
    idpNamespace: settings.idpNamespace,
    tenantUid: uidOf(tenant),
    output: placeOf(scene.output, findings.output, outputName(client)),
  };
  const { entityId } = sp.facts;
  return {
    output: findings.output === 'foreign' ? undefined : renderOutput(client, { ...idp, entityId }),
    configMap: renderSamlClientConfigMap(
      child,
      renderSamlClientDocument(client, { ...sp.facts, tenantUid: uidOf(tenant) }),
    ),
  };
}
