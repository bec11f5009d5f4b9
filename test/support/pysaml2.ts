import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { findPython } from './pysaml2-python.ts';
import { NO_XMLSEC } from './xml-tools.ts';

/**
 * A service provider by pysaml2: another language, another XML library, another reading of the standard. It runs in a
 * Python of its own (pysaml2_sp.py) and is asked by one JSON line a command.
 */

/** venv needs ensurepip, which Debian keeps in a package of its own. */
const canMakeVenv = spawnSync('python3', ['-c', 'import venv, ensurepip']).status === 0;

/** Why tests with it are skipped; false: they are not. */
export const NO_PYSAML2 =
  process.env['PYSAML2_PYTHON'] === undefined && !canMakeVenv
    ? 'pysaml2 cannot be installed: apt-get install python3-venv, or name a Python that has it in PYSAML2_PYTHON'
    : NO_XMLSEC;

export interface Pysaml2 extends AsyncDisposable {
  /** Throws what pysaml2 threw. */
  do(command: Record<string, unknown> & { do: string }): Promise<Record<string, unknown>>;
}

export interface Pysaml2Options {
  entityId: string;
  acs: string;
  slo: string;
  sloBinding: 'POST' | 'Redirect';
  /** entityID of the identity provider. */
  idp: string;
  /** Of the identity provider, XML. */
  metadata: string;
  /** What it signs with. */
  key: { keyPem: string; certificatePem: string };
}

export async function openPysaml2({ key, ...options }: Pysaml2Options): Promise<Pysaml2> {
  const python = await findPython();
  const folder = await mkdtemp(join(tmpdir(), 'sso-operator-pysaml2-'));
  const files = { key: join(folder, 'key.pem'), cert: join(folder, 'cert.pem') };
  await writeFile(files.key, key.keyPem, { mode: 0o600 });
  await writeFile(files.cert, key.certificatePem);
  const child = spawn(python, [join(import.meta.dirname, 'pysaml2_sp.py')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise(resolve => child.once('exit', resolve));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  child.stdin.write(`${JSON.stringify({ ...options, ...files })}\n`);
  return {
    do: async command => {
      child.stdin.write(`${JSON.stringify(command)}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error('pysaml2 has ended');
      const answer = JSON.parse(value) as Record<string, unknown>;
      if (typeof answer['error'] === 'string') throw new Error(`pysaml2: ${answer['error']}`);
      return answer;
    },
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await ended;
      if (existsSync(folder)) await rm(folder, { recursive: true });
    },
  };
}
