import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { UsageError } from './command.ts';

/** Where local mode keeps what must survive a restart: `.sso/ca` for all, `.sso/<folder>-<hash>` for each folder. */

export const DEFAULT_STATE = join(import.meta.dirname, '..', '..', '.sso');

export interface StatePlace {
  root: string;
  /** Of this one folder of YAML. */
  folder: string;
  ca: string;
  compileCache: string;
}

/** What Node made of our files; saves the identity provider some 30 MiB and both programs half a second. */
export const compileCache = (root = DEFAULT_STATE): string => join(resolve(root), 'compile-cache');

export function statePlace(root: string | undefined, directory: string): StatePlace {
  const base = resolve(root ?? DEFAULT_STATE);
  const path = realpathSync(directory);
  const hash = createHash('sha256').update(path).digest('hex').slice(0, 8);
  return {
    root: base,
    folder: join(base, `${basename(path)}-${hash}`),
    ca: join(base, 'ca'),
    compileCache: compileCache(base),
  };
}

/** One process a folder: two would overwrite each other's files. The result gives it back. */
export function claimState({ folder }: StatePlace): () => void {
  const file = join(folder, 'pid');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const holder = Number(readOr(file, '0'));
  if (holder > 0 && holder !== process.pid && isAlive(holder))
    throw new UsageError(`process ${holder} is serving this folder already (${folder})`);
  writeFileSync(file, String(process.pid), { mode: 0o600 });
  return () => rmSync(file, { force: true });
}

function readOr(file: string, fallback: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return fallback;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
