import { spawn } from 'node:child_process';
import { chmod, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { APP, ENVIRONMENT, NODE, USER } from './contents.ts';

/**
 * Fills the compile cache of Node with every module that the two programs load, so that a pod starts without compiling
 * and can be read-only. Each is started with one setting that it refuses: it has loaded everything by then.
 */

const PROGRAMS = [
  { file: 'idp/main.ts', wrong: 'SSO_HTTPS_PORT' },
  { file: 'operator/main.ts', wrong: 'SSO_HEALTH_PORT' },
] as const;

class CompileCacheError extends Error {
  readonly code = 'CompileCache';
}

/** How Node is started for it, and the folder that it then sees the programs in: traces of errors will name it. */
export interface Place {
  node: readonly [string, ...string[]];
  seenAs: string;
}

export const here = (app: string): Place => ({ node: [process.execPath], seenAs: app });

/** By the Node and the libraries of a whole root file system; wants unshare of util-linux. */
export const inside = (root: string): Place => ({
  node: ['unshare', '--map-root-user', `--root=${root}`, `--wd=/${APP}`, `/${NODE}`],
  seenAs: `/${APP}`,
});

/** Throws CompileCacheError with what the program printed. */
export async function fillCompileCache(app: string, place: Place): Promise<void> {
  const folder = join(app, '.compile-cache');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  for (const { file, wrong } of PROGRAMS) {
    const cache = join(place.seenAs, '.compile-cache');
    const env = { ...ENVIRONMENT, PATH: process.env['PATH'] ?? '', NODE_COMPILE_CACHE: cache, [wrong]: 'none' };
    const printed = await run([...place.node, file], app, env);
    if (!printed.includes(wrong)) throw new CompileCacheError(`${file} did not start: ${printed.slice(-2000)}`);
  }
  await handOver(folder);
}

function run([command = '', ...args]: string[], cwd: string, env: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const printed: string[] = [];
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.on('data', chunk => printed.push(String(chunk)));
    child.stderr.on('data', chunk => printed.push(String(chunk)));
    child.on('error', reject).on('close', () => resolve(printed.join('')));
  });
}

/** Node keeps a cache per user, in a folder whose name ends in the user's number: ours was made by whoever builds. */
async function handOver(folder: string): Promise<void> {
  const [made, ...others] = await readdir(folder);
  if (made === undefined || others.length > 0) throw new CompileCacheError(`${folder} should hold one cache`);
  const mine = join(folder, made.replace(/-\d+$/, `-${USER}`));
  await rename(join(folder, made), mine);
  await chmod(folder, 0o755);
  await chmod(mine, 0o755);
  for (const name of await readdir(mine)) await chmod(join(mine, name), 0o644);
}
