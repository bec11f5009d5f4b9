/** A command of `sso`: what it takes, what it says, and where its code is. Each is loaded when it is called. */

export interface Streams {
  out: (line: string) => void;
  err: (line: string) => void;
  /** Standard input to its end. */
  input: () => Promise<string>;
  isTerminal: boolean;
}

export interface Call {
  positionals: string[];
  options: Readonly<Record<string, string | undefined>>;
  streams: Streams;
  /** Aborts at Ctrl-C. */
  signal: AbortSignal;
}

/** The exit code. */
export type Run = (call: Call) => Promise<number>;

export interface Command {
  summary: string;
  /** Behind `sso `. */
  usage: string;
  details: string;
  /** Name to what it means; each takes a value. */
  options: Readonly<Record<string, string>>;
  load: (options: Call['options']) => Promise<Run>;
}

/** A mistake of the caller: the message is all there is to say. */
export class UsageError extends Error {
  readonly code = 'Usage';
}

export function portOf(text: string | undefined, fallback: number): number {
  const port = text === undefined ? fallback : Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new UsageError(`${text} is not a port`);
  return port;
}
