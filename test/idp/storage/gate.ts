import type { Store, StoredRecord } from '#idp/storage/store.ts';

/** A store whose reads of some keys wait for each other: the one moment in which everybody has looked and nobody acted. */
export interface Gate extends Store {
  /** The next `count` reads of keys that match get their answers together; later ones pass. */
  gather(pattern: RegExp, count: number): void;
  /** The next consume stands still before the store is asked, until it is released. */
  holdConsume(): { held: Promise<void>; release: () => void };
}

export function makeGate(store: Store): Gate {
  let pattern = /(?!)/;
  let missing = 0;
  let waiting: (() => void)[] = [];

  let hold: (() => Promise<void>) | undefined;

  async function read(key: string): Promise<StoredRecord | undefined> {
    const record = await store.read(key);
    if (missing === 0 || !pattern.test(key)) return record;
    missing -= 1;
    if (missing > 0) await new Promise<void>(resolve => waiting.push(resolve));
    else for (const resume of waiting.splice(0)) resume();
    return record;
  }

  return {
    ...store,
    read,
    async consume(key, at) {
      const wait = hold;
      hold = undefined;
      await wait?.();
      return store.consume(key, at);
    },
    holdConsume() {
      const held = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      hold = () => {
        held.resolve();
        return released.promise;
      };
      return { held: held.promise, release: released.resolve };
    },
    gather(keys, count) {
      pattern = keys;
      missing = count;
      waiting = [];
    },
  };
}
