import { StoreUnavailable } from '../store.ts';
import type { Client } from './client.ts';
import { reasonOf } from './reason.ts';
import { holdForTurn } from './turn.ts';

/**
 * The line to the servers. A question is answered within two seconds or fails with StoreUnavailable. While the line is
 * down a question waits for it one second at most, counted from the moment it went down: a short break is not noticed,
 * and in a long one nobody waits and nothing piles up. A question that was under way when the line broke is not asked
 * again: what it did is not known, and consuming a code twice is not the same as once.
 *
 *   up ──lost──▶ down, patient (1 s) ──▶ down, refusing at once ──back──▶ up
 */

export interface LinkWatcher {
  /** The line went down (after its second of patience) or came back. `reason` is fit for a log. */
  changed(state: { isUp: true } | { isUp: false; reason: string }): void;
  /** One question failed. */
  failed(reason: string): void;
}

/** Milliseconds. */
const ANSWER = 2000;
const PATIENCE = 1000;
const REVIVE = 200;
/** More waiting than this would be served late anyway. */
const MOST_WAITING = 2000;

interface Waiting {
  go: () => void;
  give: (error: Error) => void;
}

export class Link {
  private readonly client: Client;
  private readonly watcher: LinkWatcher;
  private isUp = false;
  private isPatient = true;
  private isClosed = false;
  private waiting: Waiting[] = [];
  private timer: NodeJS.Timeout;
  private lastError: unknown = new Error('Connection is closed.');

  constructor(client: Client, watcher: LinkWatcher) {
    this.client = client;
    this.watcher = watcher;
    this.timer = this.beImpatientLater();
    client.on('ready', () => this.up());
    client.on('close', () => this.down());
    client.on('end', () => this.revive());
    // Without a listener the client writes to the console.
    client.on('error', (error: unknown) => void (this.lastError = error));
  }

  /** Throws StoreUnavailable. */
  async ask<T>(question: (client: Client) => Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error('Command timed out')), ANSWER);
    });
    try {
      return await Promise.race([this.send(question), late]);
    } catch (cause) {
      throw this.unavailable(cause);
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
    this.giveUp();
    this.client.disconnect();
  }

  private async send<T>(question: (client: Client) => Promise<T>): Promise<T> {
    if (!this.isUp) await this.wait();
    holdForTurn(this.client);
    try {
      return await question(this.client);
    } catch (error) {
      if (!isUnsent(error)) throw error;
      await this.wait();
      return question(this.client);
    }
  }

  private wait(): Promise<void> {
    if (!this.isPatient || this.waiting.length >= MOST_WAITING) return Promise.reject(asError(this.lastError));
    return new Promise((go, give) => void this.waiting.push({ go, give }));
  }

  private up(): void {
    clearTimeout(this.timer);
    this.isUp = true;
    this.isPatient = true;
    this.watcher.changed({ isUp: true });
    for (const { go } of this.waiting.splice(0)) go();
  }

  private down(): void {
    if (!this.isUp) return;
    this.isUp = false;
    this.timer = this.beImpatientLater();
  }

  /**
   * The client gives up for good when a Sentinel announces a failover in the moment in which it connects. We do not.
   */
  private revive(): void {
    this.down();
    if (!this.isClosed) setTimeout(() => void this.client.connect().catch(() => undefined), REVIVE).unref();
  }

  private beImpatientLater(): NodeJS.Timeout {
    return setTimeout(() => {
      this.isPatient = false;
      this.watcher.changed({ isUp: false, reason: reasonOf(this.lastError) });
      this.giveUp();
    }, PATIENCE).unref();
  }

  private giveUp(): void {
    for (const { give } of this.waiting.splice(0)) give(asError(this.lastError));
  }

  private unavailable(error: unknown): StoreUnavailable {
    const reason = reasonOf(error);
    this.watcher.failed(reason);
    return new StoreUnavailable('the session store does not answer', { cause: new Error(reason), retryAfter: 2 });
  }
}

/** The wire is gone and its end was not told yet: nothing left this process, so that it may be asked once more. */
function isUnsent(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("Stream isn't writeable");
}

function asError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error('Connection is closed.');
}
