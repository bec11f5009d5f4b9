import { spawn } from 'node:child_process';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, makeOnce } from './cache.ts';
import { ROOT } from './program.ts';

/** Helm as the tests run it: found on PATH, else in the cache, else built from its Go module into the cache. */

const HELM = '4.3.1';
export const CHART = join(ROOT, 'charts', 'sso-operator');

export class NoHelmError extends Error {
  readonly code = 'NoHelm';
}

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

let found: Promise<string> | undefined;

/** Path of helm. Throws {@link NoHelmError}, whose message says what to install. */
export function findHelm(): Promise<string> {
  found ??= find();
  return found;
}

/** For `skip` of node:test: why there is no helm, or false. */
export async function missingHelm(): Promise<string | false> {
  return findHelm().then(
    () => false,
    (error: unknown) => String(error),
  );
}

async function find(): Promise<string> {
  const onPath = await run('helm', ['version', '--short'], {}).catch(() => undefined);
  if (onPath?.code === 0) return 'helm';
  const folder = join(cacheFolder(), `helm-${HELM}`);
  const binary = join(folder, 'helm');
  const isComplete = (): Promise<boolean> =>
    access(binary).then(
      () => true,
      () => false,
    );
  await makeOnce({ folder, what: 'helm for the tests', isComplete, make: () => build(folder) });
  return binary;
}

async function build(folder: string): Promise<void> {
  process.stderr.write(`helm for the tests: building Helm ${HELM} once into ${folder}; this takes about two minutes\n`);
  await mkdir(cacheFolder(), { recursive: true });
  const target = await mkdtemp(`${folder}-`);
  try {
    const env = { GOBIN: target, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false' };
    const built = await run('go', ['install', `helm.sh/helm/v4/cmd/helm@v${HELM}`], env).catch((cause: unknown) => {
      throw new NoHelmError(INSTALL, { cause });
    });
    if (built.code !== 0) throw new NoHelmError(`${built.stderr.split('\n').slice(-10).join('\n')}\n${INSTALL}`);
    await rename(target, folder);
  } finally {
    await rm(target, { recursive: true, force: true });
  }
}

const INSTALL = `The chart's tests need Helm 4 on PATH (https://helm.sh/docs/intro/install), or Go 1.26 to build it.`;

export interface Rendering {
  /** `--set` texts, such as `idp.replicas=2`. */
  set?: string[];
  /** `--set-json` texts. */
  json?: string[];
  /** More arguments, such as `--show-only`. */
  args?: string[];
}

/** The chart as `helm template` prints it for the release and namespace of the tests. */
export function template({ set = [], json = [], args = [] }: Rendering = {}): Promise<Ran> {
  const values = [...set.map(text => `--set=${text}`), ...json.map(text => `--set-json=${text}`)];
  return helm(['template', 'sso-operator', CHART, '--namespace=sso-system', ...values, ...args]);
}

/** The same, as YAML. Throws what helm said. */
export async function render(rendering: Rendering = {}): Promise<string> {
  const { code, stdout, stderr } = await template(rendering);
  if (code !== 0) throw new Error(`helm template: ${stderr}`);
  return stdout;
}

export async function helm(args: string[]): Promise<Ran> {
  return run(await findHelm(), args, {});
}

function run(path: string, args: string[], env: Record<string, string>): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', chunk => out.push(chunk));
    child.stderr.on('data', chunk => err.push(chunk));
    child.on('error', reject);
    child.on('close', code =>
      resolve({ code: code ?? -1, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }),
    );
  });
}
