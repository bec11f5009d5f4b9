import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { SamlKey } from '#test/support/saml-keys.ts';

/** pysaml2, in a Python of its own: another language, another XML library, another reading of the standard. */

const CANDIDATES = [
  process.env.PYSAML2_PYTHON,
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'sso-operator/pysaml2/bin/python'),
];

const PYTHON = CANDIDATES.find(path => path !== undefined && existsSync(path));

export const NO_PYSAML2 =
  PYTHON === undefined &&
  'pysaml2 is missing: python3 -m venv ~/.cache/sso-operator/pysaml2 && ~/.cache/sso-operator/pysaml2/bin/pip install pysaml2==7.5.5';

export interface Pysaml2 extends AsyncDisposable {
  do(command: Record<string, unknown> & { do: string }): Promise<Record<string, unknown>>;
}

export interface Pysaml2Options {
  entityId: string;
  acs: string;
  slo: string;
  sloBinding: 'POST' | 'Redirect';
  idp: string;
  /** Ours. */
  metadata: string;
  key: SamlKey;
}

export async function openPysaml2({ key, ...options }: Pysaml2Options): Promise<Pysaml2> {
  const folder = await mkdtemp(join(tmpdir(), 'sso-operator-pysaml2-'));
  await writeFile(join(folder, 'key.pem'), key.keyPem);
  await writeFile(join(folder, 'cert.pem'), key.certificatePem);
  const child = spawn(PYTHON ?? '', [join(import.meta.dirname, 'pysaml2_sp.py')], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const files = { key: join(folder, 'key.pem'), cert: join(folder, 'cert.pem') };
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
      const ended = new Promise(resolve => child.once('exit', resolve));
      child.kill();
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}
