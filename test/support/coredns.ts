import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';
import { answersOn, freePort, until } from './program.ts';

/** CoreDNS with one zone file: a DNS server that is not ours. */

const CACHED = join(cacheFolder(), 'coredns');
const COREDNS = ['coredns', CACHED].find(path => spawnSync(path, ['-version']).status === 0);

/** For `skip` of node:test. It takes minutes to build, and the DNS server of the test covers the same: not built by itself. */
export const NO_COREDNS =
  COREDNS === undefined &&
  'coredns is missing: GOBIN=~/.cache/sso-operator go install github.com/coredns/coredns@v1.15.0';

export interface CoreDns extends AsyncDisposable {
  /** `127.0.0.1:port`. */
  address: string;
}

/** @param zone the text of a zone file for `origin`. */
export async function startCoreDns(origin: string, zone: string): Promise<CoreDns> {
  const folder = await mkdtemp(join(tmpdir(), 'sso-coredns-'));
  const port = await freePort();
  await writeFile(join(folder, 'zone'), zone);
  await writeFile(
    join(folder, 'Corefile'),
    `${origin}:${port} {\n  bind 127.0.0.1\n  file ${join(folder, 'zone')}\n}\n`,
  );
  const child = spawn(COREDNS ?? '', ['-conf', join(folder, 'Corefile')], { stdio: 'ignore' });
  const exited = once(child, 'exit');
  await until('CoreDNS listens', async () => (await answersOn(port)) || undefined, 10);
  return {
    address: `127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
      await rm(folder, { recursive: true });
    },
  };
}
