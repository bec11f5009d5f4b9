import type { Clock } from '#operator/runtime/clock.ts';

/** Time that moves only when a test says so. */
export function manualClock(start = 0): Clock & { advance(ms: number): Promise<void> } {
  let now = start;
  const timers = new Set<{ at: number; fire: () => void }>();
  const settle = async () => {
    for (let i = 0; i < 20; i++) await Promise.resolve();
  };
  return {
    now: () => now,
    after(ms, then) {
      const timer = { at: now + ms, fire: then };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    async advance(ms) {
      const end = now + ms;
      for (;;) {
        await settle();
        const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (next === undefined) break;
        timers.delete(next);
        now = next.at;
        next.fire();
      }
      now = end;
      await settle();
    },
  };
}
