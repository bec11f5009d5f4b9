import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ConfigMap, Secret } from '#crds/schema/kinds.ts';
import { connect } from '#crds/wire/api-server.ts';
import { type Cluster, CORE } from '#crds/wire/cluster.ts';
import type { Pair } from '#test/idp/tenants/fixture.ts';
import { startApiServer } from '#test/support/api-server.ts';
import { freePort } from '#test/support/program.ts';
import { type BenchCase, type BenchOptions, type Figure, ofRounds } from './bench-case.ts';
import { makeLandscape, usernameOf } from './idp/documents.ts';
import { startReplica } from './idp/replica.ts';
import { Visitor } from './idp/visitor.ts';
import { cpuSeconds, residentMemory } from './measure.ts';

/** Bars B6 and B7 where they are meant: a replica that gets its configuration from an API server. */
export const clusterStart: BenchCase = {
  title: 'Start and memory of a replica in a cluster',
  method:
    'A real API server holds the live configuration of 1,000 tenants and 10,000 clients (11,000 ConfigMaps, 13,000 Secrets); the replica ' +
    'lists and watches it as it does in a cluster, writes its Lease, and is then left alone. The API server shares the machine.',
  run: clusterFigures,
};

const SIZE = { tenants: 1_000, clients: 10_000 };
const NAMESPACE = 'sso-idp';
const AT_ONCE = 32;
const IDLE_SECONDS = 10;
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

async function clusterFigures({ rounds, log }: BenchOptions): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'sso-bench-cluster-'));
  await using api = await startApiServer();
  try {
    const port = await freePort();
    const { pairs, ca } = await makeLandscape(port, SIZE);
    const admin = connect(api.connection('admin'), { log: quiet, userAgent: 'bench' });
    await api.kubectl(['create', 'namespace', NAMESPACE]);
    log('writing the configuration');
    await fill(admin, pairs);
    await writeFile(join(folder, 'ca.crt'), api.ca);
    await writeFile(join(folder, 'token'), api.token('admin'), { mode: 0o600 });
    const env = {
      SSO_SOURCE: 'kubernetes',
      SSO_NAMESPACE: NAMESPACE,
      SSO_STORE: 'memory',
      SSO_API_SERVER: api.url,
      SSO_API_CA_FILE: join(folder, 'ca.crt'),
      SSO_API_TOKEN_FILE: join(folder, 'token'),
    };
    const compileCache = join(folder, 'compile-cache');
    const start = () => measure({ env, port, ca, compileCache });
    await start();
    const measured: Measured[] = [];
    for (let round = 0; round < Math.min(rounds, 3); round++) {
      log(`start ${round + 1}`);
      measured.push(await start());
    }
    return figures(measured);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function fill(admin: Cluster, pairs: readonly Pair[]): Promise<void> {
  const objects: (ConfigMap | Secret)[] = pairs.flatMap(({ configMap, secrets }) => [...secrets, configMap]);
  const types = { ConfigMap: CORE.configMaps, Secret: CORE.secrets };
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let object = objects.pop(); object !== undefined; object = objects.pop()) {
        const { resourceVersion: _old, ...metadata } = object.metadata;
        await admin.create(types[object.kind], { ...object, metadata });
      }
    }),
  );
}

interface Measured {
  start: number;
  cpu: number;
  memory: number;
}

interface Place {
  env: Record<string, string>;
  port: number;
  ca: string;
  compileCache: string;
}

async function measure({ env, port, ca, compileCache }: Place): Promise<Measured> {
  await using replica = await startReplica({ port, compileCache, env });
  const cpu = await cpuSeconds(replica.pid);
  await new Visitor({ port, ca }, usernameOf(0)).signIn();
  await delay(IDLE_SECONDS * 1000);
  return { start: replica.readyAfter, cpu, memory: await residentMemory(replica.pid) };
}

function figures(measured: Measured[]): Figure[] {
  const name = '1,000 tenants, 10,000 clients, in a cluster';
  return [
    {
      name: `start, ${name}`,
      ...ofRounds(measured.map(({ start }) => start)),
      unit: 'ms',
      bar: { id: 'B7', most: 5_000 },
      method: 'spawn to ready: everything listed, judged and acknowledged',
    },
    {
      name: `processor time of the start, ${name}`,
      ...ofRounds(measured.map(({ cpu }) => cpu)),
      unit: 's',
      method: 'of the replica, to the same moment',
    },
    {
      name: `memory, ${name}`,
      ...ofRounds(measured.map(({ memory }) => memory)),
      unit: 'MiB',
      bar: { id: 'B6', most: 300 },
      method: `VmRSS ${IDLE_SECONDS} s after the last request`,
    },
  ];
}
