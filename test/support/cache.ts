import { mkdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where the tests keep what they built or fetched once. It must not know what that is. */

export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'sso-operator');
}

export interface Making {
  /** Its parent is made; what `make` leaves there, `isComplete` finds. */
  folder: string;
  /** For the line that a waiting process prints. */
  what: string;
  isComplete: () => Promise<boolean>;
  make: () => Promise<void>;
}

/** Test files run in parallel processes: the first one makes it, the others wait for it. */
export async function makeOnce({ folder, what, isComplete, make }: Making): Promise<void> {
  if (await isComplete()) return;
  await mkdir(join(folder, '..'), { recursive: true });
  const lock = `${folder}.lock`;
  if (!(await takeLock(lock))) {
    process.stderr.write(`${what}: another process is making it; waiting\n`);
    while (!(await takeLock(lock))) await sleep(500);
  }
  try {
    if (!(await isComplete())) await make();
  } finally {
    await unlink(lock);
  }
}

/** A lock whose holder is dead is removed, so that a killed build does not block for ever. */
async function takeLock(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    const holder = Number(await readFile(lock, 'utf8').catch(() => '0'));
    if (holder > 0 && !isAlive(holder)) await rm(lock, { force: true });
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
