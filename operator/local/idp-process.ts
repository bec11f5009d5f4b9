import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** The identity provider as a child process over the folder, its log in a file. */

export interface IdpOptions {
  /** What FolderCluster writes. */
  folder: string;
  compileCache: string;
  store: string;
  logFile: string;
  namespace: string;
  replica: string;
  ports: { https: number; admin: number };
}

export interface IdpProcess {
  readonly pid: number | undefined;
  /** The last lines it printed, once it is gone by itself. */
  readonly died: Promise<string>;
  stop(): Promise<void>;
}

const ROOT = join(import.meta.dirname, '..', '..');
/** One developer, not a crowd: a young generation of 4 MiB instead of 16 saves some 10 MiB. */
const SMALL = '--max-semi-space-size=4';
const GRACE_MS = 5_000;
const LAST_LINES = 15;

export function startIdp(options: IdpOptions): IdpProcess {
  const guard = import.meta.resolve('./end-with-parent.ts');
  const child = spawn(process.execPath, [SMALL, '--import', guard, join(ROOT, 'idp', 'main.ts')], {
    cwd: ROOT,
    env: environment(options),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const log = createWriteStream(options.logFile, { flags: 'w', mode: 0o600 });
  let last: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      log.write(chunk);
      last = [...last, ...String(chunk).trimEnd().split('\n')].slice(-LAST_LINES);
    });
  }
  let isStopping = false;
  const exited = once(child, 'exit');
  const died = new Promise<string>(resolve => {
    child.once('exit', () => isStopping || resolve(last.join('\n')));
  });
  return {
    pid: child.pid,
    died,
    async stop() {
      isStopping = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const timer = new AbortController();
      const late = delay(GRACE_MS, undefined, { signal: timer.signal }).then(() => child.kill('SIGKILL'));
      await Promise.race([exited, late.catch(() => undefined)]);
      timer.abort();
      await exited;
    },
  };
}

/** Its settings (idp/settings.ts), and nothing of ours: it is a program of its own. */
function environment({ folder, compileCache, store, namespace, replica, ports }: IdpOptions): Record<string, string> {
  return {
    NODE_COMPILE_CACHE: compileCache,
    SSO_SOURCE: `folder:${folder}`,
    SSO_STORE: `sqlite:${store}`,
    SSO_NAMESPACE: namespace,
    SSO_POD_NAME: replica,
    SSO_LISTEN: '127.0.0.1',
    SSO_HTTPS_PORT: String(ports.https),
    SSO_PUBLIC_PORT: String(ports.https),
    SSO_ADMIN_PORT: String(ports.admin),
    SSO_LOG_LEVEL: 'info',
  };
}
