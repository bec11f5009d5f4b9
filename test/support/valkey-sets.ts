import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort, until } from './program.ts';
import { startValkey, type Valkey } from './valkey.ts';
import { VALKEY } from './valkey-binary.ts';

/** Several Valkey servers that work together: a Sentinel set, and a Cluster. */

export interface SentinelSet extends AsyncDisposable {
  /** As SSO_STORE takes it. */
  address: string;
  servers: Valkey[];
  /** Who the sentinels say is the master. */
  master(): Promise<Valkey>;
  /** A new master, which all sentinels know, after the present one was killed. Milliseconds it took. */
  failover(): Promise<number>;
}

const MASTER = 'sso';

/** One master, two replicas, three sentinels that need a second to believe that the master is dead. */
export async function startSentinelSet(settings: Record<string, string> = {}): Promise<SentinelSet> {
  const first = await startValkey({ settings });
  const servers = [first];
  for (let i = 0; i < 2; i++)
    servers.push(await startValkey({ settings: { ...settings, replicaof: `127.0.0.1 ${first.port}` } }));
  const sentinels = await Promise.all(servers.map(server => startSentinel(server.folder, first.port)));
  const ask = <T>(sentinel: Sentinel, ...args: string[]) => askSentinel<T>(sentinel.port, args);
  const portSaidBy = async (sentinel: Sentinel): Promise<number> =>
    Number((await ask<[string, string]>(sentinel, 'get-master-addr-by-name', MASTER))[1]);
  await until('the sentinels know each other and the replicas', async () => {
    const said = await Promise.all(sentinels.map(sentinel => ask<string[][]>(sentinel, 'masters')));
    return said.every(([one]) => valueOf(one, 'num-other-sentinels') === '2' && valueOf(one, 'num-slaves') === '2')
      ? true
      : undefined;
  });
  const set: SentinelSet = {
    address: `redis+sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/${MASTER}`,
    servers,
    async master() {
      const [sentinel] = sentinels;
      const port = sentinel && (await portSaidBy(sentinel));
      const master = servers.find(server => server.port === port);
      if (master === undefined) throw new Error('the sentinels name nobody');
      return master;
    },
    async failover() {
      const old = await set.master();
      const started = performance.now();
      await old.kill();
      await until('another master', async () => {
        const said = await Promise.all(sentinels.map(portSaidBy));
        return said.every(port => port !== old.port) ? true : undefined;
      });
      return Math.round(performance.now() - started);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(sentinels.map(sentinel => sentinel.stop()));
      await Promise.all(servers.map(server => server[Symbol.asyncDispose]()));
    },
  };
  return set;
}

interface Sentinel {
  port: number;
  stop(): Promise<void>;
}

async function startSentinel(folder: string, masterPort: number): Promise<Sentinel> {
  const port = await freePort();
  const file = join(folder, 'sentinel.conf');
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${folder}`,
    `sentinel monitor ${MASTER} 127.0.0.1 ${masterPort} 2`,
    `sentinel down-after-milliseconds ${MASTER} 1000`,
    `sentinel failover-timeout ${MASTER} 6000`,
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  const child = spawn(VALKEY, [file, '--sentinel'], { stdio: 'ignore' });
  const exited = once(child, 'exit');
  return {
    port,
    async stop() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

async function askSentinel<T>(port: number, args: string[]): Promise<T> {
  const client = new Redis({ port, host: '127.0.0.1', protocol: 2, retryStrategy: null, enableReadyCheck: false });
  client.on('error', () => undefined);
  try {
    return (await client.call('SENTINEL', ...args)) as T;
  } finally {
    client.disconnect();
  }
}

/** What RESP2 sends for a map. */
function valueOf(flat: string[] | undefined, name: string): string | undefined {
  return flat?.[flat.indexOf(name) + 1];
}

export interface ValkeyCluster extends AsyncDisposable {
  address: string;
  masters: Valkey[];
  /** One for each master, in the same order. */
  replicas: Valkey[];
}

const SLOTS = 16_384;

/** Three masters and, where wanted, a replica for each. A master is dead after two seconds of silence. */
export async function startValkeyCluster(options: { replicas?: boolean } = {}): Promise<ValkeyCluster> {
  const masters = await Promise.all([0, 1, 2].map(() => startNode()));
  const replicas = await Promise.all(options.replicas ? masters.map(() => startNode()) : []);
  const all = [...masters, ...replicas];
  await Promise.all(all.map((node, i) => node.ask('CLUSTER', 'SET-CONFIG-EPOCH', i + 1)));
  await Promise.all(masters.map((node, i) => node.ask('CLUSTER', 'ADDSLOTSRANGE', share(i), share(i + 1) - 1)));
  const [first] = masters;
  for (const node of all) await first?.ask('CLUSTER', 'MEET', '127.0.0.1', node.port, node.bus);
  await until('every node knows every node', async () => {
    const known = await Promise.all(all.map(node => node.ask<string>('CLUSTER', 'INFO')));
    return known.every(text => text.includes(`cluster_known_nodes:${all.length}`)) ? true : undefined;
  });
  for (const [i, replica] of replicas.entries())
    await replica.ask('CLUSTER', 'REPLICATE', await (masters[i] ?? replica).ask<string>('CLUSTER', 'MYID'));
  await until('the cluster is whole', async () => {
    const states = await Promise.all(all.map(node => node.ask<string>('CLUSTER', 'INFO')));
    const linked = await Promise.all(replicas.map(node => node.ask<string>('INFO', 'replication')));
    const isWhole = states.every(text => text.includes('cluster_state:ok'));
    return isWhole && linked.every(text => text.includes('master_link_status:up')) ? true : undefined;
  });
  return {
    address: `redis+cluster://${masters.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    masters,
    replicas,
    async [Symbol.asyncDispose]() {
      await Promise.all(all.map(node => node[Symbol.asyncDispose]()));
    },
  };
}

function share(i: number): number {
  return Math.floor((SLOTS / 3) * i);
}

async function startNode(): Promise<Valkey & { bus: number }> {
  const bus = await freePort();
  const settings = {
    'cluster-enabled': 'yes',
    'cluster-config-file': 'nodes.conf',
    'cluster-node-timeout': '2000',
    'cluster-port': String(bus),
  };
  return Object.assign(await startValkey({ settings }), { bus });
}
