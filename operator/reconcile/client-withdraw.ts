import type { Client, ConfigMap } from '#crds/schema/kinds.ts';
import { anyClientDocument, DOCUMENT_KEY } from '#crds/schema/live-config.ts';
import { CORE } from '#crds/wire/cluster.ts';
import { tenantChild } from '#operator/render/names.ts';
import { isForgotten, wantedOf } from '#operator/rules/programmed.ts';
import type { ClientScene } from './client-scene.ts';
import { childKey, type House } from './house.ts';
import { applyConfigMap } from './live-writes.ts';

/**
 * Consent is gone: the document says so first, and is taken away when no ready replica can serve its older form any
 * more. Resolves to what is still there.
 */
export async function withdrawClient(
  house: House,
  { live, replicas, uid }: ClientScene<Client>,
  takeBack: () => Promise<void>,
): Promise<ConfigMap | undefined> {
  if (live.configMap === undefined) return undefined;
  const document = parseDocument(live.configMap);
  const isServed =
    document !== undefined &&
    house.world.configMaps.get(childKey(house, tenantChild.configMap(document.tenantUid))) !== undefined;
  if (document?.enabled === true && isServed) {
    const data = { [DOCUMENT_KEY]: JSON.stringify({ ...document, enabled: false }, null, 2) };
    return applyConfigMap(house, live.configMap, { ...wishOf(live.configMap), data });
  }
  if (isServed && !isForgotten(replicas, wantedOf(uid, live.configMap, []))) return live.configMap;
  // The document says where the rest lies: it goes last.
  await takeBack();
  const { name, namespace, uid: objectUid } = live.configMap.metadata;
  await house.cluster.delete(CORE.configMaps, name, namespace, objectUid);
  return undefined;
}

/** Only what we own of it: server-side apply refuses managed fields, and foreign labels are not ours to claim. */
function wishOf({ apiVersion, kind, metadata }: ConfigMap): ConfigMap {
  const { name, namespace, labels = {}, annotations = {} } = metadata;
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      labels: ours(labels),
      annotations: ours(annotations),
    },
  };
}

function ours(entries: Record<string, string>): Record<string, string> {
  const own = Object.entries(entries).filter(
    ([key]) => key.includes('sso-operator.dev/') || key === 'app.kubernetes.io/managed-by',
  );
  return Object.fromEntries(own);
}

type AnyClientDocument = ReturnType<typeof anyClientDocument.parse>;

export function parseDocument(configMap: ConfigMap | undefined): AnyClientDocument | undefined {
  try {
    return anyClientDocument.safeParse(JSON.parse(configMap?.data?.[DOCUMENT_KEY] ?? '')).data;
  } catch {
    return undefined;
  }
}
