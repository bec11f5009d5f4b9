import { type DestinationStream, type Logger, pino } from 'pino';

/** JSON lines on stdout. Whatever could hold a secret is cut out here too, should a room ever pass it on. */

const SECRET_FIELDS = ['data', 'stringData', 'secret', 'client_secret', 'token', 'authorization', 'password', 'jwk'];

const REDACTED = SECRET_FIELDS.flatMap(field => [field, `*.${field}`, `*.*.${field}`]);

export function createLog(level: 'debug' | 'info' | 'warn' | 'error', destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { program: 'operator' },
    redact: { paths: REDACTED, censor: '[redacted]' },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
