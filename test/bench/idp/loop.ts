/** Load in a closed loop: so many workers, each of which begins its next operation when the last one has ended. */

export interface Loaded {
  operations: number;
  /** Operations a second by the clock. */
  rate: number;
  /** Of each operation, in milliseconds. */
  latencies: number[];
}

/** Throws what an operation throws: a load that fails is no load. */
export async function closedLoop<Worker>(
  workers: readonly Worker[],
  seconds: number,
  operate: (worker: Worker) => Promise<void>,
): Promise<Loaded> {
  const begun = performance.now();
  const end = begun + seconds * 1000;
  const latencies: number[] = [];
  await Promise.all(
    workers.map(async worker => {
      for (let now = performance.now(); now < end; ) {
        await operate(worker);
        const later = performance.now();
        latencies.push(later - now);
        now = later;
      }
    }),
  );
  const operations = latencies.length;
  return { operations, rate: operations / ((performance.now() - begun) / 1000), latencies };
}
