import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '#crds/wire/connection.ts';
import { type Binaries, findBinaries } from './api-server-binaries.ts';
import {
  type Audited,
  type AuditLine,
  apiServerArguments,
  caPath,
  etcdArguments,
  isWrite,
  kubeconfigPath,
  readAudit,
  tokenOf,
  type User,
  writeKubeconfigs,
  writeServerFiles,
} from './api-server-files.ts';
import { type Guard, reservePort, type Service, startGuard, startService } from './api-server-process.ts';

/**
 * A real API server for a test: etcd and kube-apiserver as child processes on loopback, in a folder of their own. There
 * are no controllers and no nodes: namespaces are not emptied on deletion and owner references are not followed.
 */

export interface ApiServerOptions {
  /** Who may sign in, beside `admin` (system:masters). They have no rights until the test grants some. */
  users?: User[];
  /** What {@link ApiServer.asked} remembers; default: writes. */
  audited?: Audited;
  /** More arguments for kube-apiserver, such as `--feature-gates=...`. */
  arguments?: string[];
}

export interface KubectlResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface ApiServer extends AsyncDisposable {
  readonly url: string;
  /** PEM. */
  readonly ca: string;
  /** Address of etcd, for tests that compact it. */
  readonly etcdUrl: string;
  token(user: string): string;
  connection(user: string): Connection;
  /** Path of a kubeconfig file. */
  kubeconfig(user: string): string;
  /** As `admin`. Never throws for an exit code. */
  kubectl(args: string[], stdin?: string): Promise<KubectlResult>;
  /** Applies crds/*.yaml and waits until they are served. */
  installCrds(): Promise<void>;
  /** Kills kube-apiserver and starts it again: same port, same data. */
  restart(): Promise<void>;
  /** SIGSTOP and SIGCONT: connections stay open and nothing answers. */
  pause(): Promise<void>;
  resume(): void;
  /** Every write of this user that was answered so far. */
  writes(user: string): Promise<AuditLine[]>;
  /** Every request of this user that was answered so far, as far as it is audited. */
  asked(user: string): Promise<AuditLine[]>;
}

const ADMIN: User = { name: 'admin', groups: ['system:masters'] };
const CRDS = join(import.meta.dirname, '..', '..', 'crds');

interface Bench {
  binaries: Binaries;
  folder: string;
  guard: Guard;
  port: number;
  etcdPort: number;
  etcd: Service;
  extra: string[];
}

/** Ready when this resolves: about five seconds. */
export async function startApiServer(options: ApiServerOptions = {}): Promise<ApiServer> {
  const binaries = await findBinaries();
  const folder = await mkdtemp(join(tmpdir(), 'sso-operator-api-'));
  const guard = startGuard(folder);
  const users = [ADMIN, ...(options.users ?? [])];
  await writeServerFiles(folder, users, options.audited ?? 'writes');
  await mkdir(join(folder, 'pki'));
  const [port, etcdPort, peerPort] = [await reservePort(), await reservePort(), await reservePort()];
  const etcd = startService(guard, binaries.etcd, etcdArguments(folder, etcdPort, peerPort), join(folder, 'etcd.log'));
  const bench: Bench = { binaries, folder, guard, port, etcdPort, etcd, extra: options.arguments ?? [] };
  const server = await startServer(bench);
  await writeKubeconfigs(folder, urlOf(bench), users);
  return toApiServer(bench, server, await readFile(caPath(folder), 'utf8'));
}

const urlOf = (bench: Bench): string => `https://127.0.0.1:${bench.port}`;

async function startServer(bench: Bench): Promise<Service> {
  const { binaries, folder, guard, port, etcdPort, extra } = bench;
  const args = [...apiServerArguments(folder, port, etcdPort), ...extra];
  const server = startService(guard, binaries.kubeApiserver, args, join(folder, 'apiserver.log'));
  const deadline = Date.now() + 120_000;
  while (!(await isReady(bench))) {
    for (const service of [server, bench.etcd]) {
      if (service.child.exitCode !== null) throw new Error(`the API server of the tests ended:\n${service.tail()}`);
    }
    if (Date.now() > deadline) throw new Error(`the API server of the tests is not ready:\n${server.tail()}`);
    await sleep(100);
  }
  return server;
}

async function isReady(bench: Bench): Promise<boolean> {
  const ca = await readFile(caPath(bench.folder), 'utf8').catch(() => undefined);
  if (ca === undefined) return false;
  return new Promise(resolve => {
    const headers = { authorization: `Bearer ${tokenOf(ADMIN.name)}` };
    const asked = request(`${urlOf(bench)}/readyz`, { ca, headers, agent: false, timeout: 5000 }, answer => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(false));
    asked.end();
  });
}

function toApiServer(bench: Bench, first: Service, ca: string): ApiServer {
  let server = first;
  const { folder } = bench;
  // kubectl remembers by address which kinds a server has: another test may have had this port.
  const common = [`--kubeconfig=${kubeconfigPath(folder, ADMIN.name)}`, `--cache-dir=${join(folder, 'kubectl')}`];
  const kubectl = (args: string[], stdin?: string): Promise<KubectlResult> =>
    run(bench.binaries.kubectl, [...common, ...args], stdin ?? '');
  return {
    url: urlOf(bench),
    ca,
    etcdUrl: `http://127.0.0.1:${bench.etcdPort}`,
    token: tokenOf,
    connection: user => ({ server: urlOf(bench), ca, token: () => tokenOf(user) }),
    kubeconfig: user => kubeconfigPath(folder, user),
    kubectl,
    installCrds: () => installCrds(kubectl),
    restart: async () => {
      await server.kill();
      server = await startServer(bench);
    },
    pause: () => stop(server),
    resume: () => void server.child.kill('SIGCONT'),
    writes: async user => (await readAudit(folder, user)).filter(isWrite),
    asked: user => readAudit(folder, user),
    [Symbol.asyncDispose]: async () => {
      await server.kill();
      await bench.etcd.kill();
      bench.guard.dismiss();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The signal is on its way for a moment: until `ps` shows the process stopped. */
async function stop({ child }: Service): Promise<void> {
  child.kill('SIGSTOP');
  for (;;) {
    const { stdout } = await run('ps', ['-o', 'state=', '-p', String(child.pid)], '');
    if (stdout.startsWith('T')) return;
    await sleep(10);
  }
}

async function installCrds(kubectl: ApiServer['kubectl']): Promise<void> {
  const files = (await readdir(CRDS)).filter(name => name.endsWith('.yaml')).map(name => join(CRDS, name));
  const list = files.join(',');
  for (const args of [
    ['apply', '--server-side', '-f', list],
    ['wait', '--for=condition=Established', '--timeout=30s', '-f', list],
  ]) {
    const { code, stderr } = await kubectl(args);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
  }
}

function run(path: string, args: string[], stdin: string): Promise<KubectlResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(path, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', chunk => out.push(chunk));
    child.stderr.on('data', chunk => err.push(chunk));
    child.on('error', reject);
    child.on('close', code =>
      resolve({ code: code ?? -1, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }),
    );
    // kubectl may end before it has read everything.
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin);
  });
}
