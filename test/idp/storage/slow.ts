import { setTimeout as sleep } from 'node:timers/promises';
import type { Store } from '#idp/storage/store.ts';

/** A store that is far away: every question waits on its way there and on its way back, so that callers overlap. */
export function makeSlow(store: Store, milliseconds: number): Store {
  const far =
    <A extends unknown[], R>(ask: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      await sleep(milliseconds);
      const answer = await ask(...args);
      await sleep(milliseconds);
      return answer;
    };
  return {
    read: far(key => store.read(key)),
    readByAlias: far(alias => store.readByAlias(alias)),
    write: far((key, value, how) => store.write(key, value, how)),
    consume: far((key, at) => store.consume(key, at)),
    remove: far(key => store.remove(key)),
    removeGroup: far(group => store.removeGroup(group)),
    close: () => store.close(),
  };
}
