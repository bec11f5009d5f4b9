import type { ConfigMap, KubeObject, OidcClient, Secret } from '#crds/schema/kinds.ts';
import { CORE } from '#crds/wire/cluster.ts';
import { OURS } from '#operator/reconcile/types.ts';
import { clientChild } from '#operator/render/names.ts';
import { NAMESPACES } from '#test/support/installation.ts';
import { until } from '#test/support/program.ts';
import { cpuSeconds } from '../measure.ts';
import { inFlight, type RawClient } from './raw.ts';
import type { Operator, Scene } from './scene.ts';
import { clientPath, seedClients, seedNamespace } from './seed.ts';

/** Bar B5: a bulk of OidcClients by the operator, beside the same writes by the plainest client, in turns. */

/** Three objects and a status: what a client needs. */
export const WRITES = 4;

export interface Round {
  clients: number;
  seconds: number;
  /** CPU time in milliseconds a client, by program. */
  cpu: { apiServer: number; etcd: number; writer: number };
  /** Cores that were busy with those three, of the machine's. */
  busyCores: number;
}

interface Measured {
  scene: Scene;
  clients: number;
  writer: number;
}

async function measure({ scene, clients, writer }: Measured, run: () => Promise<void>): Promise<Round> {
  const all = [scene.pids.apiServer, scene.pids.etcd, writer];
  const before = await Promise.all(all.map(cpuSeconds));
  const began = performance.now();
  await run();
  const seconds = (performance.now() - began) / 1000;
  const after = await Promise.all(all.map(cpuSeconds));
  const spent = after.map((now, i) => now - (before[i] ?? 0));
  const [apiServer = 0, etcd = 0, own = 0] = spent.map(it => (it / clients) * 1000);
  return {
    clients,
    seconds,
    cpu: { apiServer, etcd, writer: own },
    busyCores: spent.reduce((sum, it) => sum + it, 0) / seconds,
  };
}

export interface Model {
  credentials: Secret;
  application: Secret;
  configMap: ConfigMap;
  status: OidcClient['status'];
}

/** What the operator wrote for one client: the raw rounds write the very same. */
export async function modelOf({ admin }: Scene, namespace: string, name: string): Promise<Model> {
  const client = await admin.get<OidcClient>(OURS.OidcClient, name, namespace);
  const uid = client?.metadata.uid ?? '';
  const credentials = await admin.get<Secret>(CORE.secrets, clientChild.credentials(uid), NAMESPACES.idp);
  const configMap = await admin.get<ConfigMap>(CORE.configMaps, clientChild.configMap(uid), NAMESPACES.idp);
  const application = await admin.get<Secret>(CORE.secrets, client?.status?.secretName ?? '', namespace);
  if (credentials === undefined || configMap === undefined || application === undefined)
    throw new Error('the model client has not all its objects');
  return { credentials, application, configMap, status: client?.status };
}

/** Under another name. */
function copyOf({ apiVersion, kind, metadata, ...rest }: KubeObject, name: string, namespace: string): object {
  const { labels, annotations } = metadata;
  return { apiVersion, kind, ...rest, metadata: { name, namespace, labels, annotations } };
}

/** The operator must not run; `writer` has its rights, so that the API server checks the same. */
export async function rawRound(
  scene: Scene,
  { raw, writer }: { raw: RawClient; writer: RawClient },
  model: Model,
  bulk: Bulk,
): Promise<Round> {
  await seedNamespace(raw, bulk.namespace);
  const clients = await seedClients(raw, { ...bulk, isDisabled: true });
  const post = (plural: string, namespace: string, body: object) =>
    writer.write({ method: 'POST', path: `/api/v1/namespaces/${namespace}/${plural}`, body });
  return measure({ scene, clients: bulk.count, writer: process.pid }, () =>
    inFlight(bulk.count, async turn => {
      const name = `${bulk.namespace}-${turn}`;
      await post('secrets', NAMESPACES.idp, copyOf(model.credentials, name, NAMESPACES.idp));
      await post('secrets', bulk.namespace, copyOf(model.application, name, bulk.namespace));
      await post('configmaps', NAMESPACES.idp, copyOf(model.configMap, name, NAMESPACES.idp));
      const client = clients[turn];
      const path = `${clientPath(bulk.namespace, client?.metadata.name)}/status`;
      await writer.write({ method: 'PUT', path, body: { ...client, status: model.status } });
    }),
  );
}

export interface Bulk {
  namespace: string;
  count: number;
  tenants: number;
}

/** The operator is frozen while the bulk is put there: from when it goes on to all Ready. */
export async function productRound(scene: Scene, raw: RawClient, operator: Operator, bulk: Bulk): Promise<Round> {
  const { program } = operator;
  program.signal('SIGSTOP');
  try {
    await seedNamespace(raw, bulk.namespace);
    await seedClients(raw, bulk);
  } finally {
    program.signal('SIGCONT');
  }
  return measure({ scene, clients: bulk.count, writer: program.pid }, async () => {
    const isReady = async (): Promise<true | undefined> =>
      scene.ready.get(bulk.namespace) === bulk.count ? true : undefined;
    await until('the bulk is ready', isReady, 60 + bulk.count / 20);
  });
}
