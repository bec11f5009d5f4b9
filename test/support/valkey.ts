import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort, until } from './program.ts';
import { VALKEY } from './valkey-binary.ts';

/** One real Valkey server as a process, on loopback, in a folder of its own. */

export interface Valkey extends AsyncDisposable {
  port: number;
  folder: string;
  /** Asks it, over a connection that lives for this question. */
  ask<T>(command: string, ...args: (string | number)[]): Promise<T>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** On the same port, with what it kept. */
  start(): Promise<void>;
  /** SIGSTOP: the port is open and nobody answers. */
  pause(): void;
  resume(): void;
}

export interface ValkeyOptions {
  /** As on the command line, without the dashes. */
  settings?: Record<string, string>;
  /** Append-only file, written once a second. Default true. */
  keeps?: boolean;
  port?: number;
}

export async function startValkey(options: ValkeyOptions = {}): Promise<Valkey> {
  const folder = await mkdtemp(join(tmpdir(), 'sso-valkey-'));
  const port = options.port ?? (await freePort());
  const args = toArgs({ ...settingsOf(port, folder, options.keeps ?? true), ...options.settings });
  const { password } = { password: options.settings?.['requirepass'] };
  let child: ChildProcess | undefined;
  const ask = <T>(command: string, ...rest: (string | number)[]) => askOnce<T>({ port, password }, command, rest);
  const valkey: Valkey = {
    port,
    folder,
    ask,
    async start() {
      child = spawn(VALKEY, args, { stdio: 'ignore' });
      await until(`valkey on ${port}`, async () => ((await ask<string>('PING')) === 'PONG' ? true : undefined), 15);
    },
    async kill() {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    async [Symbol.asyncDispose]() {
      await valkey.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await valkey.start();
  return valkey;
}

function settingsOf(port: number, folder: string, keeps: boolean): Record<string, string> {
  return {
    port: String(port),
    bind: '127.0.0.1',
    dir: folder,
    save: '',
    appendonly: keeps ? 'yes' : 'no',
    appendfsync: 'everysec',
    'maxmemory-policy': 'noeviction',
    'repl-diskless-sync-delay': '0',
  };
}

function toArgs(settings: Record<string, string>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => [
    `--${name}`,
    ...(value === '' ? [''] : value.split(' ')),
  ]);
}

async function askOnce<T>(
  { port, password }: { port: number; password: string | undefined },
  command: string,
  args: (string | number)[],
): Promise<T> {
  const client = new Redis({
    port,
    host: '127.0.0.1',
    protocol: 2,
    lazyConnect: true,
    retryStrategy: null,
    enableReadyCheck: false,
    connectTimeout: 1000,
    ...(password !== undefined && { password }),
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.call(command, ...args)) as T;
  } finally {
    client.disconnect();
  }
}
