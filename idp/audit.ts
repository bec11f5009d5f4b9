import type { Log } from './log.ts';

/** The audit stream: one JSON line an event, marked `"stream":"audit"`, never left out by a log level. */

export function createAudit(log: Log): (event: object) => void {
  const stream = log.child({ stream: 'audit' }, { level: 'info' });
  return event => stream.info(event, 'audit');
}
