import type { SamlClient } from '#crds/schema/kinds.ts';
import { CORE } from '#crds/wire/cluster.ts';
import { issuerOf } from '#operator/render/issuer.ts';
import { outputName, samlAddressesOf } from '#operator/render/output-config-map.ts';
import { removeApplication } from './application.ts';
import type { ClientKind } from './client.ts';
import { applySaml } from './saml-apply.ts';
import { gatherSaml, type SamlScene } from './saml-gather.ts';
import { judgeSaml, type SamlFindings } from './saml-judge.ts';
import { renderSaml } from './saml-render.ts';

/** SamlClient, as the steps of {@link ClientKind}: it has no secret, so nothing is minted. */
export const SAML_CLIENT: ClientKind<SamlClient, SamlScene, SamlFindings> = {
  kind: 'SamlClient',
  own: 'MetadataReady',
  storeOf: world => world.samlClients,
  isWatched: ({ watchConfigMaps }) => watchConfigMaps === true,
  gather: gatherSaml,
  judge: judgeSaml,
  publish: (house, scene, findings) => applySaml(house, scene, findings, renderSaml(house, scene, findings)),
  takeBack: (house, { client, output: application }, { output: tenure }) =>
    removeApplication(house, {
      client,
      type: CORE.configMaps,
      reader: house.readers.configMaps,
      application,
      tenure,
    }),
  status({ settings }, { client, tenant, sp }, { accepted, output }, common) {
    const isIn = tenant !== undefined && accepted.reason !== 'TenantNotAvailable';
    const entityId = sp.facts?.entityId ?? client.spec.entityId;
    const isWritten = accepted.status === 'True' && sp.facts !== undefined && output !== 'foreign';
    return {
      ...common,
      ...(entityId === undefined ? {} : { entityId }),
      ...(isIn ? { idp: samlAddressesOf(issuerOf(tenant.spec.domain, settings.publicPort)) } : {}),
      ...(isWritten ? { outputName: outputName(client) } : {}),
    };
  },
};
