import { readFile } from 'node:fs/promises';

/** What the kernel counts about processes (Linux, /proc). */

/** PIDs of every process below this one, by the name of the program. */
export async function childrenOf(pid: number = process.pid): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  const list = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  for (const child of list.trim().split(' ').filter(Boolean).map(Number)) {
    const name = await readFile(`/proc/${child}/comm`, 'utf8').catch(() => '');
    found.set(name.trim(), child);
  }
  return found;
}
