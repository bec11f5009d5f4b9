import { request } from 'node:http';
import { freePort, type Program, startProgram, until } from '#test/support/program.ts';

/** One replica of the IdP as the image runs it, and how long it took to be ready. */

export interface Replica extends AsyncDisposable {
  pid: number;
  port: number;
  /** Milliseconds from the spawn to the first 200 of /readyz. */
  readyAfter: number;
  program: Program;
}

/** Node's settings of the image: a compile cache that was filled when it was built, and a small young generation. */
export const AS_IN_THE_IMAGE = ['--max-semi-space-size=4'];

export interface ReplicaOptions {
  port: number;
  compileCache: string;
  /** SSO_SOURCE and whatever else the case wants. */
  env: Record<string, string>;
  node?: readonly string[];
}

export async function startReplica({
  port,
  compileCache,
  env,
  node = AS_IN_THE_IMAGE,
}: ReplicaOptions): Promise<Replica> {
  const adminPort = await freePort();
  const begun = performance.now();
  const program = startProgram([...node, 'idp/main.ts'], {
    NODE_COMPILE_CACHE: compileCache,
    SSO_POD_NAME: 'bench',
    SSO_LISTEN: '127.0.0.1',
    SSO_HTTPS_PORT: String(port),
    SSO_PUBLIC_PORT: String(port),
    SSO_ADMIN_PORT: String(adminPort),
    SSO_DRAIN_SECONDS: '0',
    ...env,
  });
  try {
    await until('the replica is ready', () => isReady(adminPort), 60);
  } catch (cause) {
    await program.kill();
    throw new Error(program.output().slice(-2000), { cause });
  }
  const readyAfter = performance.now() - begun;
  return {
    pid: program.pid,
    port,
    readyAfter,
    program,
    [Symbol.asyncDispose]: async () => void (await program.stop()),
  };
}

function isReady(port: number): Promise<true | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path: '/readyz' }, answer => {
      answer.resume();
      resolve(answer.statusCode === 200 ? true : undefined);
    });
    asked.on('error', reject).end();
  });
}
