import type { ConfigMap, Secret } from '#crds/schema/kinds.ts';
import { CORE } from '#crds/wire/cluster.ts';
import { applyChild } from './apply.ts';
import type { House } from './house.ts';

/** Writes of live configuration into the IdP's namespace; what the API server answers is known at once. */

export function applySecret({ cluster, world }: House, live: Secret | undefined, wish: Secret): Promise<Secret> {
  return applyChild({ cluster, type: CORE.secrets, live, wish, onReply: object => world.secrets.raise(object) });
}

export function applyConfigMap(
  { cluster, world }: House,
  live: ConfigMap | undefined,
  wish: ConfigMap,
): Promise<ConfigMap> {
  return applyChild({ cluster, type: CORE.configMaps, live, wish, onReply: object => world.configMaps.raise(object) });
}
