import type { IncomingMessage } from 'node:http';
import type { KubeObject } from '#crds/schema/kinds.ts';
import { WireError } from './cluster.ts';
import { type ApiStatus, unreachable } from './errors.ts';

/** Decodes the body of a watch: one JSON document a line. */

export type WatchEvent =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; object: KubeObject }
  | { type: 'ERROR'; object: ApiStatus };

/** Throws WireError Unreachable when nothing came for `idleMs`. */
export async function* readEvents(answer: IncomingMessage, idleMs: number): AsyncGenerator<WatchEvent> {
  const idle = setTimeout(() => {
    answer.destroy(new WireError('Unreachable', `no event or bookmark for ${idleMs} ms`));
  }, idleMs);
  try {
    for await (const line of lines(answer)) {
      idle.refresh();
      yield parse(line);
    }
  } catch (error) {
    throw error instanceof UnreadableError ? error : unreachable('watch', error);
  } finally {
    clearTimeout(idle);
    answer.destroy();
  }
}

/** Not a WireError: whoever sees it starts over with a list. */
class UnreadableError extends Error {}

function parse(line: string): WatchEvent {
  try {
    return JSON.parse(line) as WatchEvent;
  } catch (cause) {
    throw new UnreadableError('a line of the watch is no JSON', { cause });
  }
}

/** A line may span many chunks: they are put together once, when its end is there. */
async function* lines(answer: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let open: Buffer[] = [];
  for await (const chunk of answer) {
    let from = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
      open.push(chunk.subarray(from, end));
      yield Buffer.concat(open).toString('utf8');
      open = [];
      from = end + 1;
    }
    if (from < chunk.length) open.push(chunk.subarray(from));
  }
}
