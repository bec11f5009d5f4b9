import type { Secret } from '#crds/schema/kinds.ts';
import { FORMAT } from '#crds/schema/live-config.ts';
import { CORE } from '#crds/wire/cluster.ts';
import { canRead } from '#operator/rules/programmed.ts';
import { ResourceTaken } from './apply.ts';
import type { House } from './house.ts';
import { applyConfigMap, applySecret } from './live-writes.ts';
import type { Applied } from './programmed.ts';
import type { TenantScene } from './tenant-gather.ts';
import type { TenantWish } from './tenant-render.ts';
import { TOO_NEW, takenVerdict } from './verdicts.ts';

/** Writes what a tenant should have, and takes away what it should have no more. */

export const NOTHING: Applied = { secrets: [] };

/** Secrets before the ConfigMap that names them; what is named no more goes last. */
export async function applyTenant(house: House, { live, replicas }: TenantScene, wish: TenantWish): Promise<Applied> {
  const secrets: Secret[] = [];
  try {
    for (const secret of wish.secrets) {
      secrets.push(await applySecret(house, live.secrets.get(secret.metadata.name), secret));
    }
    if (wish.configMap === undefined) return { configMap: live.configMap, secrets };
    if (!canRead(replicas, FORMAT)) return { secrets, problem: TOO_NEW };
    const configMap = await applyConfigMap(house, live.configMap, wish.configMap);
    await removeUnnamed(house, live.secrets, wish.secrets);
    return { configMap, secrets };
  } catch (failure) {
    if (!(failure instanceof ResourceTaken)) throw failure;
    return { configMap: live.configMap, secrets, problem: takenVerdict(failure) };
  }
}

async function removeUnnamed(
  house: House,
  live: ReadonlyMap<string, Secret>,
  wished: readonly Secret[],
): Promise<void> {
  const named = new Set(wished.map(secret => secret.metadata.name));
  for (const [name, { metadata }] of live) {
    if (!named.has(name)) await house.cluster.delete(CORE.secrets, name, metadata.namespace, metadata.uid);
  }
}
