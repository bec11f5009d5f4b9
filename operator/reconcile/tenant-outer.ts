import { LABELS } from '#crds/schema/group.ts';
import type { KubeObject, Secret } from '#crds/schema/kinds.ts';
import { CERTIFICATES, CORE, type ResourceType } from '#crds/wire/cluster.ts';
import type { Certificate } from '#operator/render/certificate.ts';
import { PREFIXES } from '#operator/render/drivers/index.ts';
import type { Ingress } from '#operator/render/ingress.ts';
import { applyChild, ResourceTaken } from './apply.ts';
import type { House } from './house.ts';
import type { Wanted } from './tenant-render.ts';

/** Writes what controllers of others act on: the Certificate for cert-manager, the Ingress for an ingress controller. */

export async function bringCertificate(
  house: House,
  live: Certificate | undefined,
  wanted: Wanted<Certificate>,
): Promise<void> {
  if (typeof wanted === 'string') return;
  const { wish } = wanted;
  if (live === undefined) await refuseForeignSecret(house, wish);
  const { cluster, world } = house;
  const onReply = (object: Certificate) => world.certificates.raise(object);
  await applyChild({ cluster, type: CERTIFICATES, live, wish, onReply });
}

/** cert-manager writes into whatever Secret bears the name. */
async function refuseForeignSecret({ cluster }: House, { spec, metadata }: Certificate): Promise<void> {
  const secret = await cluster.get<Secret>(CORE.secrets, spec.secretName, metadata.namespace);
  const owner = metadata.labels?.[LABELS.ownerUid];
  if (secret !== undefined && secret.metadata.labels?.[LABELS.ownerUid] !== owner)
    throw new ResourceTaken('Secret', spec.secretName);
}

export async function bringIngress(
  house: House,
  live: Ingress | undefined,
  wanted: Wanted<Ingress>,
): Promise<Ingress | undefined> {
  if (typeof wanted === 'string') return live;
  const { cluster, world } = house;
  const onReply = (object: Ingress) => world.ingresses.raise(object);
  return applyChild({ cluster, type: CORE.ingresses, live, wish: wanted.wish, onReply, ownAnnotations: PREFIXES });
}

/** `live` is ours: the watch tells of nothing else. */
export async function removeIfGone(
  { cluster }: House,
  type: ResourceType,
  live: KubeObject | undefined,
  wanted: Wanted<KubeObject>,
): Promise<void> {
  if (wanted !== 'gone' || live === undefined) return;
  const { name, namespace, uid } = live.metadata;
  await cluster.delete(type, name, namespace, uid);
}
