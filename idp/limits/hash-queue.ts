import { verifyArgon2id } from './argon2.ts';

/**
 * The bounded queue for password hashing. libuv has four threads that files and DNS need as well, and each hash takes
 * 19 MiB: so only few run at once, some wait, and whoever comes beyond that is told to come back. It knows no people.
 */

export class HashQueueFull extends Error {
  readonly code = 'HashQueueFull';
  /** Seconds. */
  readonly retryAfter: number;
  constructor(retryAfter: number) {
    super('too many passwords are being checked at this moment');
    this.name = 'HashQueueFull';
    this.retryAfter = retryAfter;
  }
}

export interface HashQueue {
  /** Throws HashQueueFull. */
  verify(phc: string, password: string): Promise<boolean>;
}

export interface HashQueueOptions {
  /** Hashes that run at once. */
  concurrency: number;
  /** Hashes that wait. */
  length: number;
  /** For tests. */
  verify?: (phc: string, password: string) => Promise<boolean>;
}

const RETRY_AFTER = 2;

export function createHashQueue(options: HashQueueOptions): HashQueue {
  const { concurrency, length, verify = verifyArgon2id } = options;
  const waiting: (() => void)[] = [];
  let running = 0;

  async function enter(): Promise<void> {
    if (running < concurrency) {
      running += 1;
      return;
    }
    if (waiting.length >= length) throw new HashQueueFull(RETRY_AFTER);
    // Whoever leaves hands over the place: `running` does not change.
    await new Promise<void>(resolve => waiting.push(resolve));
  }

  function leave(): void {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  }

  return {
    async verify(phc, password) {
      await enter();
      try {
        return await verify(phc, password);
      } finally {
        leave();
      }
    },
  };
}
