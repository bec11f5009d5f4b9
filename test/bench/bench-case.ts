/**
 * What a case of `npm run bench` is. A case measures the product and, in the same run and by turns, what it is held
 * against; it starts what it needs, stops it, and ends by itself within a few minutes. Who reads the figures (table,
 * JSON, plots) is its own matter: report/.
 */
export interface BenchCase {
  title: string;
  /** What is done, in a few sentences, for the page. Markdown. */
  method: string;
  run(options: BenchOptions): Promise<Figure[]>;
}

export interface BenchOptions {
  /** How often the product and its baseline take turns. */
  rounds: number;
  /** How long one turn lasts, where turns have a length. */
  seconds: number;
  /** Says what is going on. */
  log: (line: string) => void;
}

/** `/s per core`: operations for each second of processor time that the server took, user and system, all threads. */
export type Unit = 'ms' | 's' | 'MiB' | '/s' | '/s per core' | 'writes' | 'lists' | 'errors' | '%';

export interface Figure {
  /** Unique within its case. */
  name: string;
  /** The median of the rounds. */
  value: number;
  unit: Unit;
  /** The least and the greatest of the rounds. */
  spread?: readonly [number, number];
  baseline?: Baseline;
  bar?: Bar;
  /** How it was taken, in one line. */
  method: string;
}

export interface Baseline {
  name: string;
  value: number;
  spread?: readonly [number, number];
}

/** What a figure is held against: itself, or its ratio to the baseline. `most` is excluded, `least` included. */
export interface Bar {
  id: string;
  of?: 'value' | 'ratio';
  least?: number;
  most?: number;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** @param share 0 to 1. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Median and spread of the rounds, as fields of a Figure or of its baseline. */
export function ofRounds(values: readonly number[]): { value: number; spread: readonly [number, number] } {
  return { value: median(values), spread: [Math.min(...values), Math.max(...values)] };
}

/** The product's figure divided by its baseline's. */
export function ratioOf({ value, baseline }: Figure): number | undefined {
  return baseline === undefined ? undefined : value / baseline.value;
}

/** undefined: nothing was promised. */
export function isMet(figure: Figure): boolean | undefined {
  const { bar } = figure;
  if (bar === undefined) return undefined;
  const held = bar.of === 'ratio' ? (ratioOf(figure) ?? Number.NaN) : figure.value;
  return held >= (bar.least ?? -Infinity) && (bar.most === undefined || held < bar.most);
}
