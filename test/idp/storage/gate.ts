import type { Store, StoredRecord } from '#idp/storage/store.ts';

/** A store whose reads of some keys wait for each other: the one moment in which everybody has looked and nobody acted. */
export interface Gate extends Store {
  /** The next `count` reads of keys that match get their answers together; later ones pass. */
  gather(pattern: RegExp, count: number): void;
  /** The next consume stands still before the store is asked, until it is released. */
  holdConsume(): Held;
  /** The next write of a key that matches stands still likewise. */
  holdWrite(pattern: RegExp): Held;
}

export interface Held {
  /** Somebody stands there. */
  held: Promise<void>;
  release: () => void;
}

export function makeGate(store: Store): Gate {
  let pattern = /(?!)/;
  let missing = 0;
  let waiting: (() => void)[] = [];

  const stops: { verb: string; pattern: RegExp; stand: () => Promise<void> }[] = [];

  function stop(verb: string, keys: RegExp): Held {
    const held = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const stand = () => {
      held.resolve();
      return released.promise;
    };
    stops.push({ verb, pattern: keys, stand });
    return { held: held.promise, release: released.resolve };
  }

  async function pass(verb: string, key: string): Promise<void> {
    const place = stops.findIndex(each => each.verb === verb && each.pattern.test(key));
    if (place >= 0) await stops.splice(place, 1)[0]?.stand();
  }

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
      await pass('consume', key);
      return store.consume(key, at);
    },
    async write(key, value, how) {
      await pass('write', key);
      return store.write(key, value, how);
    },
    holdConsume: () => stop('consume', /^/),
    holdWrite: keys => stop('write', keys),
    gather(keys, count) {
      pattern = keys;
      missing = count;
      waiting = [];
    },
  };
}
