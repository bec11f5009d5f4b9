import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ROOT } from '#test/support/program.ts';

/** `npm start` as people type it: npm, its shell and everything below, ended together as Ctrl-C does. */
export interface Started {
  pid: number;
  output(): string;
  stop(): Promise<void>;
}

export function npmStart(args: readonly string[]): Started {
  const child = spawn('npm', ['start', '--', ...args], {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (printed += String(chunk)));
  const closed = once(child, 'close');
  return {
    pid: child.pid ?? 0,
    output: () => printed,
    async stop() {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGINT');
      await closed;
    },
  };
}
