import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** One of our programs as a child process, its log kept for the failure message. */

export const ROOT = join(import.meta.dirname, '..', '..');

export interface Program extends AsyncDisposable {
  readonly pid: number;
  /** Everything it printed so far. */
  output(): string;
  signal(name: NodeJS.Signals): void;
  /** SIGTERM, then SIGKILL after ten seconds; the exit code, null when it was killed. */
  stop(): Promise<number | null>;
  kill(): Promise<void>;
  exited: Promise<void>;
}

export function startProgram(args: string[], env: Record<string, string>): Program {
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed: string[] = [];
  child.stdout.on('data', chunk => printed.push(String(chunk)));
  child.stderr.on('data', chunk => printed.push(String(chunk)));
  const exited = once(child, 'exit').then(() => undefined);
  const stop = (): Promise<number | null> => stopChild(child, exited);
  return {
    pid: child.pid ?? 0,
    output: () => printed.join(''),
    signal: name => void child.kill(name),
    stop,
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
    exited,
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}

async function stopChild(child: ChildProcess, exited: Promise<void>): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  child.kill('SIGCONT');
  child.kill('SIGTERM');
  const timer = new AbortController();
  await Promise.race([exited, delay(10_000, undefined, { signal: timer.signal }).then(() => child.kill('SIGKILL'))]);
  timer.abort();
  await exited;
  return child.exitCode;
}

/** A loopback port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Whether something listens on a loopback port. */
export function answersOn(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1');
    const finish = (isUp: boolean): void => {
      socket.destroy();
      resolve(isUp);
    };
    socket.on('connect', () => finish(true)).on('error', () => finish(false));
  });
}

/** Asks until the answer is not undefined; fails with `what` and the last error after `seconds`. */
export async function until<T>(what: string, ask: () => Promise<T | undefined>, seconds = 30): Promise<T> {
  const end = Date.now() + seconds * 1000;
  let last: unknown;
  while (Date.now() < end) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      last = error;
    }
    await delay(50);
  }
  throw new Error(`still waiting after ${seconds} s: ${what}`, { cause: last });
}
