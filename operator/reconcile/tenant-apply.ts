import type { TenantConditionType, Verdict } from '#crds/schema/conditions.ts';
import type { Secret } from '#crds/schema/kinds.ts';
import { FORMAT } from '#crds/schema/live-config.ts';
import { CERTIFICATES, CORE } from '#crds/wire/cluster.ts';
import type { Ingress } from '#operator/render/ingress.ts';
import { tenantChild } from '#operator/render/names.ts';
import { canRead } from '#operator/rules/programmed.ts';
import { ResourceTaken } from './apply.ts';
import type { House } from './house.ts';
import { applyConfigMap, applySecret } from './live-writes.ts';
import type { Applied } from './programmed.ts';
import type { TenantScene } from './tenant-gather.ts';
import { bringCertificate, bringIngress, removeIfGone } from './tenant-outer.ts';
import type { TenantWish } from './tenant-render.ts';
import { TOO_NEW, takenVerdict } from './verdicts.ts';

/** Writes what a tenant should have, and takes away what it should have no more. */

export interface TenantApplied extends Applied {
  /** That is live now. */
  ingress?: Ingress | undefined;
  /** What stood in the way of an object, by the condition that tells of it. */
  refusals?: Partial<Record<TenantConditionType, Verdict>>;
}

export const NOTHING: TenantApplied = { secrets: [] };

/** A replica knows the host before the Ingress leads anybody there. */
export async function applyTenant(house: House, scene: TenantScene, wish: TenantWish): Promise<TenantApplied> {
  const { live } = scene;
  const certificate = await unlessTaken(() => bringCertificate(house, live.certificate, wish.certificate));
  const applied = await applyLive(house, scene, wish);
  const isLive = wish.configMap !== undefined && applied.problem === undefined;
  const ingress = isLive ? await unlessTaken(() => bringIngress(house, live.ingress, wish.ingress)) : {};
  await removeIfGone(house, CORE.ingresses, live.ingress, wish.ingress);
  await removeIfGone(house, CERTIFICATES, live.certificate, wish.certificate);
  if (isLive) await removeUnnamed(house, scene, wish);
  return {
    ...applied,
    ingress: wish.ingress === 'gone' ? undefined : (ingress.done ?? live.ingress),
    refusals: {
      ...(certificate.refusal === undefined ? {} : { CertificateReady: certificate.refusal }),
      ...(ingress.refusal === undefined ? {} : { Exposed: ingress.refusal }),
    },
  };
}

/** Secrets before the ConfigMap that names them. */
async function applyLive(house: House, { live, replicas }: TenantScene, wish: TenantWish): Promise<Applied> {
  const secrets: Secret[] = [];
  const { done, refusal } = await unlessTaken(async (): Promise<Applied> => {
    for (const secret of wish.secrets) {
      secrets.push(await applySecret(house, live.secrets.get(secret.metadata.name), secret));
    }
    if (wish.configMap === undefined) return { configMap: live.configMap, secrets };
    if (!canRead(replicas, FORMAT)) return { secrets, problem: TOO_NEW };
    return { configMap: await applyConfigMap(house, live.configMap, wish.configMap), secrets };
  });
  return done ?? { configMap: live.configMap, secrets, ...(refusal === undefined ? {} : { problem: refusal }) };
}

async function unlessTaken<T>(write: () => Promise<T>): Promise<{ done?: T; refusal?: Verdict }> {
  try {
    return { done: await write() };
  } catch (failure) {
    if (!(failure instanceof ResourceTaken)) throw failure;
    return { refusal: takenVerdict(failure) };
  }
}

/** Last of all; what cert-manager keeps for us is named by its Certificate. */
async function removeUnnamed(house: House, { live, uid }: TenantScene, wish: TenantWish): Promise<void> {
  const issued = wish.certificate === 'gone' ? [] : [tenantChild.issued(uid)];
  const named = new Set([...wish.secrets.map(secret => secret.metadata.name), ...issued]);
  for (const [name, { metadata }] of live.secrets) {
    if (!named.has(name)) await house.cluster.delete(CORE.secrets, name, metadata.namespace, metadata.uid);
  }
}
