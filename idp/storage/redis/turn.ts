import { Redis } from 'ioredis';
import type { Client } from './client.ts';

/**
 * What is asked in one turn of the event loop leaves in one system call: a write for each question was a third of the
 * processor time of a small request. Nobody waits for more than what is being done in this turn anyway.
 */
export function holdForTurn(client: Client): void {
  // A Cluster has a wire for each node, and does not say beforehand which one a question takes.
  const wire = client instanceof Redis ? client.stream : undefined;
  if (wire === undefined || wire.writableCorked > 0) return;
  wire.cork();
  setImmediate(() => wire.uncork());
}
