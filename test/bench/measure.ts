import { readFile } from 'node:fs/promises';

/** One figure beside the way it was taken and the bar it is held against. */
export interface Figure {
  name: string;
  value: number;
  unit: 'ms' | 'MiB';
  /** Of SPEC section 8; absent: none. */
  bar?: { id: string; most: number };
  method: string;
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Resident memory of a process in MiB (Linux). */
export async function residentMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

export const isMet = ({ value, bar }: Figure): boolean => bar === undefined || value < bar.most;

export function show(figures: readonly Figure[]): string[] {
  return figures.map(figure => {
    const { name, value, unit, bar, method } = figure;
    const against = bar === undefined ? '' : `${bar.id} < ${bar.most} ${unit} ${isMet(figure) ? 'met' : 'MISSED'}`;
    return `${name.padEnd(44)} ${value.toFixed(0).padStart(7)} ${unit.padEnd(4)} ${against.padEnd(20)} ${method}`;
  });
}
