import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestCertificate } from './certificate.ts';
import { answersOn, freePort, until } from './program.ts';

/** `openssl s_server`: a TLS server that is not ours and takes any bad setting. It answers any GET with a page of its own. */

export interface OpensslServer extends AsyncDisposable {
  port: number;
}

const OPENSSL = '/usr/bin/openssl';
export const NO_OPENSSL = !existsSync(OPENSSL) && 'openssl is missing: apt-get install openssl';

/** @param args such as `-tls1`; whatever the security level forbids is allowed. */
export async function startOpensslServer({ cert, key }: TestCertificate, args: string[]): Promise<OpensslServer> {
  const folder = await mkdtemp(join(tmpdir(), 'sso-openssl-'));
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  await writeFile(certFile, cert);
  await writeFile(keyFile, key, { mode: 0o600 });
  const port = await freePort();
  const own = ['s_server', '-quiet', '-www', '-accept', `127.0.0.1:${port}`, '-cert', certFile, '-key', keyFile];
  const child = spawn(OPENSSL, [...own, '-cert_chain', certFile, ...args], { stdio: 'ignore' });
  const exited = once(child, 'exit');
  await until('openssl s_server listens', async () => (await answersOn(port)) || undefined, 10);
  return {
    port,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
      await rm(folder, { recursive: true });
    },
  };
}
