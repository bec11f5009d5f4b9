import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { createServer } from 'node:net';

/** Child processes that never outlive the test, even when the test is killed. */

export interface Guard {
  watch(child: ChildProcess): void;
  forget(child: ChildProcess): void;
  dismiss(): void;
}

/**
 * A shell that waits for the end of its standard input, which the kernel closes when this process dies, however it dies;
 * then it kills what is left and removes the folder.
 */
export function startGuard(folder: string): Guard {
  const script =
    'trap "" INT TERM HUP; while read -r line; do pids=$line; done; [ -z "$pids" ] || kill -9 $pids; rm -rf "$1"';
  const shell = spawn('sh', ['-c', script, 'sh', folder], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  shell.stdin.on('error', () => undefined);
  shell.unref();
  const pids = new Set<number>();
  const tell = (): void => void shell.stdin.write(`${[...pids].join(' ')}\n`);
  return {
    watch: child => {
      pids.add(child.pid ?? 0);
      tell();
    },
    forget: child => {
      pids.delete(child.pid ?? 0);
      tell();
    },
    dismiss: () => shell.stdin.end(),
  };
}

export interface Service {
  readonly child: ChildProcess;
  /** Last lines it printed, for the failure message. */
  tail(): string;
  /** SIGKILL, and waits for the end. */
  kill(): Promise<void>;
}

export function startService(guard: Guard, path: string, args: string[], log: string): Service {
  const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const file = createWriteStream(log, { flags: 'a' });
  file.on('error', () => undefined);
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      file.write(chunk);
      lines.push(chunk.toString());
      if (lines.length > 20) lines.shift();
    });
  }
  guard.watch(child);
  const exited = once(child, 'close');
  return {
    child,
    tail: () => lines.join(''),
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
      file.end();
      guard.forget(child);
    },
  };
}

/** A free loopback port below the ephemeral range, so that no outgoing connection takes it while its server restarts. */
export async function reservePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const server = createServer();
    const free = await new Promise<boolean>(resolve => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}
