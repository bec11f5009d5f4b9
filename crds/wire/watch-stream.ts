import type { IncomingMessage } from 'node:http';
import type { KubeObject } from '#crds/schema/kinds.ts';
import { WireError } from './cluster.ts';
import type { ApiStatus } from './errors.ts';

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
      yield JSON.parse(line) as WatchEvent;
    }
  } finally {
    clearTimeout(idle);
    answer.destroy();
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
