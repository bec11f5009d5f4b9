import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** What a process costs, as Linux counts it, and turns that alternate. */

/** USER_HZ: what /proc counts in, on every Linux that runs Node. */
const TICKS_PER_SECOND = 100;

/** Resident memory of a process in MiB. */
export async function residentMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

/** {@link cpuSeconds} of several, together. */
export async function cpuSecondsOfAll(pids: readonly number[]): Promise<number> {
  const each = await Promise.all(pids.map(pid => cpuSeconds(pid)));
  return each.reduce((sum, seconds) => sum + seconds, 0);
}

/** Seconds of processor time that a process has taken so far, user and system, all its threads. */
export async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name of the program, in brackets, may hold anything; utime and stime are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** How many processors were busy during so many seconds, with whatever. */
export async function busyCores(seconds: number): Promise<number> {
  const before = await busyTicks();
  await delay(seconds * 1000);
  return ((await busyTicks()) - before) / TICKS_PER_SECOND / seconds;
}

async function busyTicks(): Promise<number> {
  const line = (await readFile('/proc/stat', 'utf8')).split('\n')[0] ?? '';
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line.split(/\s+/).slice(1).map(Number);
  return user + nice + system + irq + softirq + steal;
}

/**
 * Lets all of them run by turns, so that whatever else the machine does meets all alike: A B, A B, A B.
 * @returns for each name the results of its turns.
 */
export async function byTurns<Name extends string, T>(
  rounds: number,
  subjects: Record<Name, () => Promise<T>>,
): Promise<Record<Name, T[]>> {
  const entries = Object.entries(subjects) as [Name, () => Promise<T>][];
  const results = Object.fromEntries(entries.map(([name]) => [name, [] as T[]])) as Record<Name, T[]>;
  for (let round = 0; round < rounds; round++) for (const [name, run] of entries) results[name].push(await run());
  return results;
}
