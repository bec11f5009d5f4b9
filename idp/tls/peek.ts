import type { Socket } from 'node:net';
import { join, type Reading, readClientHello } from './client-hello.ts';

/** Looks at what a client sends first and puts it back, bounded in bytes (by the reader) and in time (here). */

export type Sight = Exclude<Reading, { kind: 'more' }> | { kind: 'timed-out' | 'hung-up' };

/**
 * Calls `settle` once. After a hello the socket is as if nobody had read from it; otherwise what was read is gone.
 * @param milliseconds for the whole hello, however busy the client is.
 */
export function peek(socket: Socket, milliseconds: number, settle: (sight: Sight) => void): void {
  let seen: Buffer[] = [];
  let total = 0;
  let needed = 1;

  const look = (): void => {
    for (let chunk = readChunk(socket); chunk !== undefined; chunk = readChunk(socket)) {
      seen.push(chunk);
      total += chunk.length;
    }
    if (total < needed) return;
    seen = [join(seen)];
    const reading = readClientHello(join(seen));
    if (reading.kind === 'more') needed = reading.atLeast;
    else finish(reading);
  };
  const hungUp = (): void => finish({ kind: 'hung-up' });
  const timer = setTimeout(() => finish({ kind: 'timed-out' }), milliseconds);
  const finish = (sight: Sight): void => {
    clearTimeout(timer);
    socket.off('readable', look).off('end', hungUp).off('close', hungUp);
    if (sight.kind === 'hello') socket.unshift(join(seen));
    settle(sight);
  };
  socket.on('readable', look).on('end', hungUp).on('close', hungUp);
}

function readChunk(socket: Socket): Buffer | undefined {
  const chunk: unknown = socket.read();
  return chunk instanceof Buffer ? chunk : undefined;
}
