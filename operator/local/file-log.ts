import { createWriteStream } from 'node:fs';
import type { Log } from '#operator/runtime/log.ts';

/** The controllers' log as JSON lines in a file, begun anew with each start: the terminal belongs to the conditions. */
export function fileLog(path: string): Log {
  const stream = createWriteStream(path, { flags: 'w', mode: 0o600 });
  const write = (level: string) => (fields: object, message: string) => {
    stream.write(`${JSON.stringify({ level, time: new Date().toISOString(), ...fields, msg: message }, asText)}\n`);
  };
  return { debug: () => undefined, info: write('info'), warn: write('warn'), error: write('error') };
}

/** An Error has no fields of its own that JSON would show. */
function asText(_key: string, value: unknown): unknown {
  return value instanceof Error ? { name: value.name, message: value.message, cause: value.cause } : value;
}
