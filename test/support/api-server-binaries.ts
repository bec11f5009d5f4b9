import { spawn } from 'node:child_process';
import { access, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KUBERNETES, moduleFile, STEPS } from './api-server-build.ts';
import { cacheFolder, makeOnce } from './cache.ts';

/**
 * Finds kube-apiserver, etcd and kubectl for the tests: in KUBEBUILDER_ASSETS, else in the cache, else it builds them from
 * their Go modules into the cache. It must not know how they are run.
 */

export interface Binaries {
  kubeApiserver: string;
  etcd: string;
  kubectl: string;
}

const NAMES = ['kube-apiserver', 'etcd', 'kubectl'] as const;
const ETCD = STEPS.etcd.version;

export class NoApiServerError extends Error {
  readonly code = 'NoApiServer';
}

/** Absolute paths. Throws {@link NoApiServerError}, whose message says what to install. */
export async function findBinaries(env: NodeJS.ProcessEnv = process.env): Promise<Binaries> {
  const assets = env['KUBEBUILDER_ASSETS'];
  if (assets !== undefined && assets !== '') {
    if (await isComplete(assets)) return at(assets);
    throw new NoApiServerError(`KUBEBUILDER_ASSETS is ${assets}, but it lacks one of ${NAMES.join(', ')}`);
  }
  const cache = cacheFolder(env);
  const folder = join(cache, `kube-${KUBERNETES}-etcd-${ETCD}`);
  await makeOnce({
    folder,
    what: 'the API server for the tests',
    isComplete: () => isComplete(folder),
    make: () => build(cache, folder, env),
  });
  return at(folder);
}

function at(folder: string): Binaries {
  const [kubeApiserver, etcd, kubectl] = NAMES;
  return { kubeApiserver: join(folder, kubeApiserver), etcd: join(folder, etcd), kubectl: join(folder, kubectl) };
}

async function isComplete(folder: string): Promise<boolean> {
  const found = await Promise.allSettled(NAMES.map(name => access(join(folder, name))));
  return found.every(({ status }) => status === 'fulfilled');
}

async function build(cache: string, folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  const started = performance.now();
  const say = (text: string): void => {
    const elapsed = Math.round((performance.now() - started) / 1000);
    process.stderr.write(`api server for the tests: ${String(elapsed).padStart(3)} s  ${text}\n`);
  };
  say(
    `building Kubernetes ${KUBERNETES} and etcd ${ETCD} once into ${folder}; the first time takes about five minutes`,
  );
  const work = await mkdtemp(join(tmpdir(), 'sso-operator-build-'));
  // Left by a build that was killed; we hold the lock.
  const target = join(cache, 'building');
  await rm(target, { recursive: true, force: true });
  await mkdir(target);
  try {
    const goEnv = { ...env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false' };
    for (const [name, step] of Object.entries(STEPS)) {
      const cwd = join(work, name);
      await mkdir(cwd, { recursive: true });
      say(`${name}: resolving modules`);
      await writeFile(join(cwd, 'go.mod'), await moduleFile(step, args => go(args, work, goEnv)));
      await go(['mod', 'tidy'], cwd, goEnv);
      for (const [binary, path] of Object.entries(step.binaries)) {
        say(`${name}: compiling ${binary}`);
        await go(['build', '-trimpath', '-ldflags', step.ldflags, '-o', join(target, binary), path], cwd, goEnv);
      }
    }
    await rm(folder, { recursive: true, force: true });
    await rename(target, folder);
    say('done');
  } finally {
    // The module cache is not under `work`, so nothing here is read-only.
    await rm(work, { recursive: true, force: true });
    await rm(target, { recursive: true, force: true });
  }
}

const INSTALL = `The tests need a real kube-apiserver. Install Go 1.26 or newer (https://go.dev/dl) and run again, or point
KUBEBUILDER_ASSETS to a folder with ${NAMES.join(', ')} (for example: setup-envtest use -p path ${KUBERNETES.replace(/\d+$/, 'x')}).`;

const GO = 'go';

/** Standard output of `go args`. */
function go(args: string[], cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(GO, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', chunk => out.push(chunk));
    child.stderr.on('data', chunk => err.push(chunk));
    child.on('error', cause => reject(new NoApiServerError(INSTALL, { cause })));
    child.on('close', code => {
      if (code === 0) return resolve(Buffer.concat(out).toString());
      const tail = Buffer.concat(err).toString().trim().split('\n').slice(-15).join('\n');
      reject(new NoApiServerError(`go ${args.slice(0, 2).join(' ')} failed:\n${tail}\n${INSTALL}`));
    });
  });
}
