import type { Verdict } from '#crds/schema/conditions.ts';
import type { ConfigMap, Secret } from '#crds/schema/kinds.ts';
import { FORMAT } from '#crds/schema/live-config.ts';
import { CORE } from '#crds/wire/cluster.ts';
import { canRead } from '#operator/rules/programmed.ts';
import { applyChild, ResourceTaken } from './apply.ts';
import type { House } from './house.ts';
import type { TenantScene } from './tenant-gather.ts';
import type { TenantWish } from './tenant-render.ts';
import { TOO_NEW, takenVerdict } from './verdicts.ts';

/** Writes what a tenant should have, and takes away what it should have no more. */

export interface AppliedTenant {
  configMap?: ConfigMap | undefined;
  secrets: Secret[];
  problem?: Verdict;
}

export const NOTHING: AppliedTenant = { secrets: [] };

/** Secrets before the ConfigMap that names them; what is named no more goes last. */
export async function applyTenant(
  house: House,
  { live, replicas }: TenantScene,
  wish: TenantWish,
): Promise<AppliedTenant> {
  const { cluster, world } = house;
  const secrets: Secret[] = [];
  try {
    for (const secret of wish.secrets) {
      const onReply = (object: Secret) => world.secrets.raise(object);
      secrets.push(
        await applyChild({
          cluster,
          type: CORE.secrets,
          live: live.secrets.get(secret.metadata.name),
          wish: secret,
          onReply,
        }),
      );
    }
    if (wish.configMap === undefined) return { configMap: live.configMap, secrets };
    if (!canRead(replicas, FORMAT)) return { secrets, problem: TOO_NEW };
    const onReply = (object: ConfigMap) => world.configMaps.raise(object);
    const configMap = await applyChild({
      cluster,
      type: CORE.configMaps,
      live: live.configMap,
      wish: wish.configMap,
      onReply,
    });
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
