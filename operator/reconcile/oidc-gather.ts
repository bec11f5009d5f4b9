import { ANNOTATIONS } from '#crds/schema/group.ts';
import type { ConfigMap, OidcClient, Secret, SsoTenant } from '#crds/schema/kinds.ts';
import { applicationSecretName } from '#operator/render/application-secret.ts';
import { clientChild } from '#operator/render/names.ts';
import { tenantKeyOf } from '#operator/rules/attachment.ts';
import { type Brought, readBrought } from '#operator/rules/brought-secret.ts';
import { clientIdOf, type NamedClient, namespaceInId } from '#operator/rules/client-id.ts';
import { type Application, assumeFree, gatherApplication, type Naming } from './application.ts';
import { asContender, type ClientScene, gatherClient, isAttached } from './client-scene.ts';
import { childKey, type House } from './house.ts';
import { readingOf } from './named-reader.ts';
import { clientIdKey } from './world.ts';

/** Everything that one reconcile of an OidcClient looks at. */
export interface OidcScene extends ClientScene<OidcClient> {
  clientId: string;
  self: NamedClient;
  namesakes: readonly NamedClient[];
  isNamespaceTaken: boolean;
  /** undefined: no secretRef. */
  brought: Brought | undefined;
  live: { configMap: ConfigMap | undefined; credentials: Secret | undefined };
  application: Application<Secret>;
}

export const SECRET_KEY = 'client_secret';

export async function gatherOidc(house: House, client: OidcClient): Promise<OidcScene> {
  const { world } = house;
  const scene = gatherClient(house, client);
  const clientId = clientIdOf(client);
  const label = namespaceInId(clientId);
  const credentials = world.secrets.get(childKey(house, clientChild.credentials(scene.uid)));
  const naming = {
    wished: applicationSecretName(client),
    children: [scene.live.configMap, credentials],
    annotation: ANNOTATIONS.applicationSecret,
  };
  return {
    ...scene,
    clientId,
    self: asNamed(house, client),
    namesakes: namesakesOf(house, client, scene.tenant),
    isNamespaceTaken: label !== undefined && world.namespaces.get(label) !== undefined,
    brought: await bring(house, client),
    live: { ...scene.live, credentials },
    application: await lookAt(house, client, naming),
  };
}

/** Where no secret is made, the Secret of the application says less than the verdicts about it need. */
async function lookAt(house: House, client: OidcClient, naming: Naming): Promise<Application<Secret>> {
  const reader = house.readers.secrets;
  const isMade = client.spec.type !== 'Public' && client.spec.secretRef === undefined;
  return (isMade ? assumeFree(reader, client, naming) : undefined) ?? gatherApplication(reader, client, naming);
}

function asNamed(house: House, client: OidcClient): NamedClient {
  return { ...asContender(house, client), isDefault: client.spec.clientId === undefined };
}

function namesakesOf(house: House, client: OidcClient, tenant: SsoTenant | undefined): NamedClient[] {
  if (tenant === undefined) return [];
  return house.world.oidcClients
    .by('clientId', clientIdKey(tenantKeyOf(client), clientIdOf(client)))
    .filter(other => other.metadata.uid !== client.metadata.uid && isAttached(house, tenant, other))
    .map(other => asNamed(house, other));
}

async function bring(house: House, client: OidcClient): Promise<Brought | undefined> {
  const name = client.spec.secretRef?.name;
  if (name === undefined) return undefined;
  return readBrought(name, await house.readers.secrets.read(readingOf(client, name)), [SECRET_KEY]);
}
