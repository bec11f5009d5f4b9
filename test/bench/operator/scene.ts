import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ANNOTATIONS, LABELS } from '#crds/schema/group.ts';
import type { AnyResource, KubeObject, ObjectMeta } from '#crds/schema/kinds.ts';
import { connect } from '#crds/wire/api-server.ts';
import { type Cluster, CORE, type ResourceType } from '#crds/wire/cluster.ts';
import type { Connection } from '#crds/wire/connection.ts';
import { OURS } from '#operator/reconcile/types.ts';
import type { ApiServer } from '#test/support/api-server.ts';
import { type House, publishReady, startHouse } from '#test/support/house.ts';
import { ACCOUNTS, NAMESPACES } from '#test/support/installation.ts';
import { freePort, type Program, startProgram, until } from '#test/support/program.ts';
import { childrenOf } from './processes.ts';

/**
 * An API server, the operator as a Pod runs it (no kubeconfig, the settings of the chart), and one replica that only
 * acknowledges: it watches what an IdP watches and writes its Lease at an IdP's pace, and costs next to nothing.
 */

export interface Scene extends AsyncDisposable {
  house: House;
  admin: Cluster;
  pids: { apiServer: number; etcd: number };
  /** Resources of ours whose Ready is True for their generation, by namespace. */
  ready: ReadonlyMap<string, number>;
  connection(user: 'admin' | 'operator'): Connection;
  startOperator(nodeOptions?: string[]): Promise<Operator>;
  /** Resolves when the operator has written nothing for a while. */
  settled(): Promise<void>;
}

export interface Operator {
  program: Program;
  /** Milliseconds from the spawn to the line that its caches are synced. */
  syncedAfter: number;
  metrics(): Promise<string>;
  stop(): Promise<void>;
}

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
/** The chart sets the first; the second is what Node takes by itself within the chart's limit of 512Mi. */
const LIKE_A_POD = ['--max-semi-space-size=4', '--max-old-space-size=256'];
const REPLICA = 'acknowledger';
const PACE_MS = 200;

/** `replicas`: of the real IdP, in place of the one that only acknowledges. */
export async function startScene({ replicas = 0 } = {}): Promise<Scene> {
  const house = await startHouse({ replicas });
  await house.operator.stop();
  const folder = await mkdtemp(join(tmpdir(), 'sso-bench-account-'));
  await writeFile(join(folder, 'ca.crt'), house.api.ca);
  await writeFile(join(folder, 'token'), house.api.token(ACCOUNTS.operator.name));
  const admin = connect(house.api.connection('admin'), { log: quiet, userAgent: 'bench' });
  const stop = new AbortController();
  const ready = new Map<string, number>();
  watchReady(admin, ready, stop.signal);
  if (replicas === 0) {
    await acknowledge(admin, stop.signal);
    await publishReady(house.api, [{ name: REPLICA }]);
  }
  const children = await childrenOf();
  return {
    house,
    admin,
    pids: { apiServer: children.get('kube-apiserver') ?? 0, etcd: children.get('etcd') ?? 0 },
    ready,
    connection: user => house.api.connection(user === 'admin' ? user : ACCOUNTS.operator.name),
    settled: () => settled(house.api),
    startOperator: nodeOptions => startOperator(house, folder, nodeOptions),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await house[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A tenant counts its clients up to ten seconds after they changed. */
async function settled(api: ApiServer): Promise<void> {
  for (let last = -1, now = 0; last !== now; await delay(11_000)) {
    last = now;
    now = (await api.writes(ACCOUNTS.operator.name)).length;
  }
}

async function startOperator(house: House, folder: string, nodeOptions: string[] = []): Promise<Operator> {
  const { hostname, port } = new URL(house.api.url);
  const health = await freePort();
  const began = performance.now();
  const program = startProgram([...LIKE_A_POD, ...nodeOptions, 'operator/main.ts'], {
    KUBERNETES_SERVICE_HOST: hostname,
    KUBERNETES_SERVICE_PORT: port,
    SSO_SERVICE_ACCOUNT_DIR: folder,
    SSO_NAMESPACE: NAMESPACES.operator,
    SSO_IDP_NAMESPACE: NAMESPACES.idp,
    SSO_PUBLIC_PORT: String(house.port),
    SSO_DEVELOPMENT_CA: 'true',
    SSO_HEALTH_PORT: String(health),
    SSO_LISTEN: '127.0.0.1',
    // A bench may freeze it for a while.
    SSO_LEASE_SECONDS: '120',
  });
  await until('caches synced', async () => (program.output().includes('caches synced') ? true : undefined), 60);
  return {
    program,
    syncedAfter: performance.now() - began,
    metrics: async () => (await fetch(`http://127.0.0.1:${health}/metrics`)).text(),
    stop: async () => void (await program.stop()),
  };
}

/** Counts without keeping the objects. */
function watchReady(admin: Cluster, ready: Map<string, number>, signal: AbortSignal): void {
  const known = new Set<string>();
  const count = ({ uid = '', namespace = '' }: ObjectMeta, isReady: boolean): void => {
    if (isReady === known.has(uid)) return;
    ready.set(namespace, (ready.get(namespace) ?? 0) + (isReady ? 1 : -1));
    if (isReady) known.add(uid);
    else known.delete(uid);
  };
  const put = (object: AnyResource): void => count(object.metadata, isReady(object));
  const deleted = ({ metadata }: KubeObject): void => count(metadata, false);
  const sink = { replaced: (all: AnyResource[]) => all.forEach(put), changed: put, deleted };
  for (const type of [OURS.OidcClient, OURS.SsoTenant]) admin.watch<AnyResource>(type, {}, sink, signal);
}

function isReady({ metadata, status }: AnyResource): boolean {
  const found = status?.conditions?.find(({ type }) => type === 'Ready');
  return found?.status === 'True' && found.observedGeneration === metadata.generation;
}

async function acknowledge(admin: Cluster, signal: AbortSignal): Promise<void> {
  const loaded = { configMaps: '0', secrets: '0' };
  let written = '';
  const follow = (type: ResourceType, name: keyof typeof loaded): Promise<void> =>
    new Promise(resolve => {
      const see = ({ metadata }: KubeObject): void => void (loaded[name] = metadata.resourceVersion ?? '0');
      const replaced = (_all: KubeObject[], version: string): void => {
        loaded[name] = version;
        resolve();
      };
      const scope = { namespace: NAMESPACES.idp, labelSelector: LABELS.document };
      admin.watch(type, scope, { replaced, changed: see, deleted: see }, signal);
    });
  await Promise.all([follow(CORE.configMaps, 'configMaps'), follow(CORE.secrets, 'secrets')]);
  const write = async (): Promise<void> => {
    const said = JSON.stringify({ format: 1, ...loaded, rejected: [], rejectedMore: false });
    if (said === written) return;
    written = said;
    await admin.apply(CORE.leases, {
      apiVersion: CORE.leases.apiVersion,
      kind: 'Lease',
      metadata: {
        name: REPLICA,
        namespace: NAMESPACES.idp,
        labels: { [LABELS.replica]: 'true' },
        annotations: { [ANNOTATIONS.loaded]: said },
      },
    });
  };
  const timer = setInterval(() => void write().catch(() => undefined), PACE_MS);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}
