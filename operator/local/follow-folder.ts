import { watch } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { YamlFolder } from './yaml-folder.ts';

/** Calls back when a file of the folder changed: fs.watch within moments, a slow look for file systems that tell nothing. */

const SETTLE_MS = 40;
const LOOK_MS = 1_000;

export async function followFolder(
  directory: string,
  folder: YamlFolder,
  changed: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  // What happens while we apply must wake us, too: the promise is renewed before the look, not after it.
  let event = Promise.withResolvers<void>();
  const watcher = watch(directory, { recursive: true, signal }, () => event.resolve());
  // A folder that cannot be watched (too many watches) is still looked at.
  watcher.on('error', () => watcher.close());
  while (!signal.aborted) {
    const look = new AbortController();
    const slow = delay(LOOK_MS, undefined, { signal: AbortSignal.any([signal, look.signal]) });
    await Promise.race([event.promise, slow.catch(() => undefined)]);
    look.abort();
    if (signal.aborted) return;
    // Editors write a file in several steps.
    await delay(SETTLE_MS);
    event = Promise.withResolvers<void>();
    if (await folder.isStale()) await changed();
  }
}
