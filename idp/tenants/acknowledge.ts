import type { Acknowledgement } from '#crds/schema/acknowledgement.ts';
import type { Progress } from './progress.ts';

/**
 * Says what this replica has loaded: the first change at once, then a few times a second, and nothing at all while
 * nothing of ours changes. Where the words go (a Lease, a file) is behind LeaseWriter.
 */

export interface LeaseWriter {
  write(acknowledgement: Acknowledgement): Promise<void>;
  /** Somebody may have deleted it: true when it is still there. Reads only. */
  isThere(): Promise<boolean>;
}

export interface AcknowledgerParts {
  progress: () => Progress;
  lease: LeaseWriter;
  wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  onError: (error: unknown) => void;
}

const COALESCE_MS = 200;
const RECHECK_MS = 1_000;
const LEASE_CHECK_MS = 60_000;
const SLOWEST_RETRY_MS = 10_000;

export class Acknowledger {
  private readonly parts: AcknowledgerParts;
  private written: string | undefined;
  private isWanted = false;
  private wake: (() => void) | undefined;

  constructor(parts: AcknowledgerParts) {
    this.parts = parts;
  }

  /** true from the first successful write on. */
  get hasWritten(): boolean {
    return this.written !== undefined;
  }

  /** Something may have changed. */
  changed(): void {
    this.isWanted = true;
    this.wake?.();
  }

  async run(signal: AbortSignal): Promise<void> {
    let retry = COALESCE_MS;
    while (!signal.aborted) {
      await this.pause(signal);
      if (signal.aborted) return;
      try {
        await this.writeIfNew();
        retry = COALESCE_MS;
      } catch (error) {
        this.parts.onError(error);
        this.isWanted = true;
        retry = Math.min(retry * 2, SLOWEST_RETRY_MS);
      }
      await this.parts.wait(retry, signal);
    }
  }

  private async writeIfNew(): Promise<void> {
    const isDue = this.isWanted;
    this.isWanted = false;
    const { acknowledgement } = this.parts.progress();
    const text = JSON.stringify(acknowledgement);
    const isLost = !isDue && this.hasWritten && !(await this.parts.lease.isThere());
    if (text === this.written && !isLost) return;
    await this.parts.lease.write(acknowledgement);
    this.written = text;
  }

  /** Until something changes, patience with a waiting pair may have run out, or the Lease wants a look. */
  private async pause(signal: AbortSignal): Promise<void> {
    if (this.isWanted) return;
    const timeout = new AbortController();
    const woken = new Promise<void>(resolve => {
      this.wake = resolve;
    });
    const slow = this.parts.progress().waiting > 0 ? RECHECK_MS : LEASE_CHECK_MS;
    await Promise.race([woken, this.parts.wait(slow, AbortSignal.any([signal, timeout.signal]))]);
    timeout.abort();
    this.wake = undefined;
  }
}
