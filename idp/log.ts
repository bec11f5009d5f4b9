import { pino } from 'pino';

/** JSON lines on standard output: what the program does, and beside it what people did (audit.ts). */

export type Log = ReturnType<typeof createLog>;

/** A net under the rule that no secret is ever given to a log call. */
const NEVER = ['password', 'client_secret', 'secret', 'token', 'cookie', 'authorization', 'key'];

export function createLog(level: string) {
  return pino({
    level,
    base: null,
    messageKey: 'msg',
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: label => ({ level: label }) },
    redact: { paths: NEVER.flatMap(name => [name, `*.${name}`]), censor: '[redacted]' },
  });
}
