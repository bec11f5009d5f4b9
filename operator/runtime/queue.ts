import type { Clock } from './clock.ts';
import { sooner, type Turn, Turns } from './turns.ts';

/**
 * Owns which key runs when: every key at most once at a time, a bounded number of keys at once, and what is added while
 * a key runs makes it run once more. It must not know what a run does or why it failed.
 */

export interface QueueOptions {
  clock: Clock;
  /** How many keys run at once. */
  concurrency: number;
  /** Must not throw: what a failure means is decided by the caller. */
  run(key: string): Promise<void>;
}

interface Timer {
  at: number;
  cancel: () => void;
}

export class KeyedQueue {
  readonly #options: QueueOptions;
  readonly #ready = new Turns();
  readonly #running = new Set<string>();
  readonly #again = new Map<string, Turn>();
  readonly #timers = new Map<string, Timer>();
  #waiters: (() => void)[] = [];
  #open = false;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  /** Keys wait until then. */
  start(): void {
    this.#open = true;
    this.#pump();
  }

  /** No further run begins; runs that are under way end by themselves. */
  stop(): void {
    this.#open = false;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
    this.#ready.clear();
    this.#again.clear();
    this.#tellIdle();
  }

  get depth(): number {
    return this.#ready.size;
  }

  get active(): number {
    return this.#running.size;
  }

  add(key: string, turn: Turn = 'later'): void {
    this.#dropTimer(key);
    if (this.#running.has(key)) this.#again.set(key, sooner(turn, this.#again.get(key)));
    else this.#ready.add(key, turn);
    this.#pump();
  }

  /** Of several delays of one key the shortest counts. */
  addAfter(key: string, ms: number): void {
    if (this.#ready.has(key) || this.#again.has(key)) return;
    const at = this.#options.clock.now() + ms;
    const present = this.#timers.get(key);
    if (present !== undefined && present.at <= at) return;
    this.#dropTimer(key);
    this.#timers.set(key, { at, cancel: this.#options.clock.after(ms, () => this.add(key)) });
  }

  /** Resolves when nothing runs and nothing waits for its turn. Keys that wait for a later time do not count. */
  async idle(): Promise<void> {
    if (this.isIdle()) return;
    await new Promise<void>(resolve => this.#waiters.push(resolve));
  }

  isIdle(): boolean {
    return this.#running.size === 0 && this.#ready.size === 0;
  }

  #dropTimer(key: string): void {
    this.#timers.get(key)?.cancel();
    this.#timers.delete(key);
  }

  #pump(): void {
    while (this.#open && this.#running.size < this.#options.concurrency) {
      const key = this.#ready.take();
      if (key === undefined) return;
      this.#running.add(key);
      void this.#runOne(key);
    }
  }

  async #runOne(key: string): Promise<void> {
    try {
      await this.#options.run(key);
    } finally {
      this.#running.delete(key);
      const again = this.#again.get(key);
      this.#again.delete(key);
      if (again !== undefined) this.#ready.add(key, again);
      this.#pump();
      this.#tellIdle();
    }
  }

  #tellIdle(): void {
    if (!this.isIdle()) return;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }
}
