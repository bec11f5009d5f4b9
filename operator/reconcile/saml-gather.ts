import { ANNOTATIONS } from '#crds/schema/group.ts';
import type { ConfigMap, SamlClient, SsoTenant } from '#crds/schema/kinds.ts';
import { uidOf } from '#operator/render/child.ts';
import { clientChild } from '#operator/render/names.ts';
import { outputName } from '#operator/render/output-config-map.ts';
import type { Contender } from '#operator/rules/attachment.ts';
import {
  namedConfigMaps,
  readServiceProvider,
  type SpFacts,
  type SpReading,
} from '#operator/rules/service-provider.ts';
import { type Application, gatherApplication } from './application.ts';
import { asContender, type ClientScene, gatherClient, isAttached } from './client-scene.ts';
import { parseDocument } from './client-withdraw.ts';
import { childKey, type House } from './house.ts';
import { readingOf } from './named-reader.ts';
import { type SamlIdp, samlIdpOf } from './saml-idp.ts';
import { entityIdKey } from './world.ts';

/** Everything that one reconcile of a SamlClient looks at. */
export interface SamlScene extends ClientScene<SamlClient> {
  sp: SpReading;
  /** undefined: no entityId is known. */
  claim: { entityId: string; self: Contender; others: readonly Contender[] } | undefined;
  /** The entityId that is served now. */
  liveEntityId: string | undefined;
  idp: SamlIdp | undefined;
  output: Application<ConfigMap>;
}

export async function gatherSaml(house: House, client: SamlClient): Promise<SamlScene> {
  const configMaps = await bring(house, client);
  const scene = gatherClient(house, client);
  const naming = {
    wished: outputName(client),
    children: [scene.live.configMap],
    annotation: ANNOTATIONS.output,
  };
  const output = await gatherApplication(house.readers.configMaps, client, naming);
  const last = factsOf(scene.live.configMap);
  const sp = readServiceProvider({ spec: client.spec, configMaps, last });
  const idp = scene.tenant === undefined ? undefined : samlIdpOf(house, scene.tenant);
  return {
    ...scene,
    // Without its keys the tenant cannot be told of.
    isTenantLive: scene.isTenantLive && idp !== undefined,
    sp,
    claim: claimOf(house, scene, sp),
    liveEntityId: last?.entityId,
    idp,
    output,
  };
}

async function bring(house: House, client: SamlClient): Promise<Map<string, ConfigMap | undefined>> {
  const found = new Map<string, ConfigMap | undefined>();
  for (const name of namedConfigMaps(client.spec)) {
    found.set(name, await house.readers.configMaps.read(readingOf(client, name)));
  }
  return found;
}

function factsOf(configMap: ConfigMap | undefined): SpFacts | undefined {
  const document = parseDocument(configMap);
  if (document?.protocol !== 'saml') return undefined;
  const { entityId, assertionConsumerServices, singleLogoutServices } = document;
  const { signingCertificates, requireSignedRequests } = document;
  return { entityId, assertionConsumerServices, singleLogoutServices, signingCertificates, requireSignedRequests };
}

function claimOf(
  house: House,
  { client, tenant, tenantKey }: ClientScene<SamlClient>,
  { facts }: SpReading,
): SamlScene['claim'] {
  if (tenant === undefined || facts === undefined) return undefined;
  const { entityId } = facts;
  const key = entityIdKey(tenantKey, entityId);
  const others = [...house.world.samlClients.by('entityId', key), ...holdersOf(house, tenant, entityId)]
    .filter(other => other.metadata.uid !== client.metadata.uid && isAttached(house, tenant, other))
    .map(other => asHolder(house, other, entityId));
  return { entityId, self: asHolder(house, client, entityId), others };
}

/** Those whose live document bears the entityId, whatever they say of themselves by now. */
function holdersOf({ world }: House, { metadata }: SsoTenant, entityId: string): SamlClient[] {
  return world.configMaps
    .by('entityId', entityIdKey(metadata.uid ?? '', entityId))
    .flatMap(holder => world.samlClients.by('uid', parseDocument(holder)?.uid ?? ''));
}

/** Who is live with another entityId holds nothing here. */
function asHolder(house: House, client: SamlClient, entityId: string): Contender {
  const live = house.world.configMaps.get(childKey(house, clientChild.configMap(uidOf(client))));
  return { ...asContender(house, client), isLive: factsOf(live)?.entityId === entityId };
}
