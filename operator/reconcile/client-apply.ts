import type { Verdict } from '#crds/schema/conditions.ts';
import type { ConfigMap, Secret } from '#crds/schema/kinds.ts';
import { type ClientDocument, clientDocument, DOCUMENT_KEY, FORMAT } from '#crds/schema/live-config.ts';
import { CORE } from '#crds/wire/cluster.ts';
import { tenantChild } from '#operator/render/names.ts';
import { canRead, isForgotten, wantedOf } from '#operator/rules/programmed.ts';
import { applyChild, ResourceTaken } from './apply.ts';
import { type ClientScene, readingOf } from './client-gather.ts';
import type { ClientFindings } from './client-judge.ts';
import type { ClientWish } from './client-render.ts';
import { childKey, type House } from './house.ts';
import { TOO_NEW, takenVerdict } from './verdicts.ts';

/** Writes what a client wishes, in the order in which a crash between two writes does no harm. */

export interface AppliedClient {
  configMap?: ConfigMap | undefined;
  credentials?: Secret | undefined;
  problem?: Verdict;
}

/**
 * The IdP's credentials come first (they say where the application's Secret will be), then the application's Secret
 * with the value, at last the ConfigMap that makes the pair count: until then the IdP keeps the last good pair.
 */
export async function applyClient(
  house: House,
  scene: ClientScene,
  findings: ClientFindings,
  wish: ClientWish,
): Promise<AppliedClient> {
  const { live } = scene;
  try {
    const credentials =
      wish.credentials === undefined ? undefined : await applySecret(house, live.credentials, wish.credentials);
    if (wish.application !== undefined) await applyApplication(house, scene, findings, wish.application);
    if (wish.configMap === undefined) return { configMap: live.configMap, credentials };
    if (!canRead(scene.replicas, FORMAT)) return { credentials, problem: TOO_NEW };
    return { configMap: await applyConfigMap(house, live.configMap, wish.configMap), credentials };
  } catch (failure) {
    if (!(failure instanceof ResourceTaken)) throw failure;
    return { configMap: live.configMap, credentials: live.credentials, problem: takenVerdict(failure) };
  }
}

function applySecret({ cluster, world }: House, live: Secret | undefined, wish: Secret): Promise<Secret> {
  return applyChild({ cluster, type: CORE.secrets, live, wish, onReply: object => world.secrets.raise(object) });
}

function applyConfigMap({ cluster, world }: House, live: ConfigMap | undefined, wish: ConfigMap): Promise<ConfigMap> {
  return applyChild({ cluster, type: CORE.configMaps, live, wish, onReply: object => world.configMaps.raise(object) });
}

async function applyApplication(
  house: House,
  scene: ClientScene,
  findings: ClientFindings,
  wish: Secret,
): Promise<void> {
  const { client, uid, application } = scene;
  const { cluster, reader } = house;
  if (findings.application === 'foreign') return;
  if (findings.application === 'predecessor') await remove(house, application.wished);
  const live = findings.application === 'ours' ? application.wished : undefined;
  const onReply = (object: Secret) => reader.remember(readingOf(client, wish.metadata.name), object);
  try {
    await applyChild({ cluster, type: CORE.secrets, live, wish, onReply });
  } catch (failure) {
    // What was kept of it is old: read it again next time.
    reader.remember(readingOf(client, wish.metadata.name), undefined);
    throw failure;
  }
  house.pending.delete(uid);
  await remove(house, application.former);
}

async function remove({ cluster }: House, secret: Secret | undefined): Promise<void> {
  if (secret === undefined) return;
  await cluster.delete(CORE.secrets, secret.metadata.name, secret.metadata.namespace, secret.metadata.uid);
}

/**
 * Consent is gone: the document says so first, and is taken away when no ready replica can serve its older form any
 * more. Resolves to what is still there.
 */
export async function withdrawClient(
  house: House,
  { live, replicas, uid }: ClientScene,
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

function parseDocument({ data }: ConfigMap): ClientDocument | undefined {
  try {
    return clientDocument.safeParse(JSON.parse(data?.[DOCUMENT_KEY] ?? '')).data;
  } catch {
    return undefined;
  }
}
