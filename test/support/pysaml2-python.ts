import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A Python with pysaml2: the one named in PYSAML2_PYTHON, else one in the cache, made there when it is first needed. */

const VERSION = '7.5.5';

/** Everything that pip would bring, so that every machine tests with the same. */
const PACKAGES = [
  `pysaml2==${VERSION}`,
  'certifi==2026.10.18',
  'cffi==2.1.1',
  'charset-normalizer==3.5.2',
  'cryptography==50.0.2',
  'defusedxml==0.7.1',
  'elementpath==4.8.0',
  'idna==3.20',
  'pycparser==3.12',
  'pyOpenSSL==26.4.0',
  'python-dateutil==4.0.0',
  'requests==2.34.2',
  'typing_extensions==4.16.0',
  'tzdata==2026.6',
  'urllib3==2.8.0',
  'xmlschema==2.5.1',
];

const run = promisify(execFile);

/** Absolute path. Throws where pip fails; its message says why. */
export async function findPython(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  if (env['PYSAML2_PYTHON']) return env['PYSAML2_PYTHON'];
  const cache = join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'sso-operator');
  const folder = join(cache, `pysaml2-${VERSION}`);
  if (!existsSync(folder)) await install(cache, folder);
  return join(folder, 'bin', 'python');
}

/** Test files run in parallel: each makes its own, and the first that is whole stays. */
async function install(cache: string, folder: string): Promise<void> {
  process.stderr.write(`pysaml2 ${VERSION} for the tests: installing into ${folder} (once, half a minute)\n`);
  await mkdir(cache, { recursive: true });
  const unfinished = await mkdtemp(`${folder}.`);
  try {
    await run('python3', ['-m', 'venv', unfinished]);
    const pip = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--disable-pip-version-check', ...PACKAGES];
    await run(join(unfinished, 'bin', 'python'), pip, { maxBuffer: 16 * 1024 * 1024 });
    await rename(unfinished, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  process.stderr.write('pysaml2 for the tests: ready\n');
}
