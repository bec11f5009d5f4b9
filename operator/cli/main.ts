#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { parseArgs } from 'node:util';
import { type Command, type Run, type Streams, UsageError } from './command.ts';
import { compileCache } from './state.ts';

/** The `sso` command: one table of commands, their help, and what becomes of errors. */

const COMMANDS: Readonly<Record<string, Command>> = {
  dev: {
    summary: 'serve a folder of YAML without a cluster (npm start)',
    usage: 'dev [DIR] | dev trust',
    details:
      'Serves DIR (default: crds/examples/quickstart) at https://<name>.localhost:8443 and applies every save.\n`dev trust` prints the line that makes this machine trust the development CA.',
    options: {
      port: 'port of the sign-in pages (default 8443)',
      'demo-port': 'port of the demo app (default 8444)',
      state: 'folder for keys, sessions and the CA (default .sso beside package.json)',
    },
    load: async options => {
      // Types are stripped and code compiled once, not at each start. Before the import, or it comes too late.
      enableCompileCache(compileCache(options.state));
      return (await import('./dev.ts')).dev;
    },
  },
  validate: {
    summary: 'check YAML offline, as the API server would',
    usage: 'validate DIR|FILE...',
    details: 'Prints file:line:column for every problem. Exit code 1 when there is one.',
    options: {},
    load: async () => (await import('./validate.ts')).validate,
  },
  render: {
    summary: 'show every object the operator would write',
    usage: 'render DIR',
    details: 'Prints manifests in a stable order. Values of Secrets, and hashes over them, are left out.',
    options: { port: 'public port, part of each issuer (default 443)' },
    load: async () => (await import('./render.ts')).render,
  },
  doctor: {
    summary: 'look at a sign-in host as browsers and applications do',
    usage: 'doctor HOST',
    details:
      'Checks DNS, certificate, TLS, redirects, OpenID Connect and SAML, in order, each with the fix.\nExit code: 0 all is well, 1 warnings, 10 and above the first step that failed (docs/doctor.md).',
    options: {
      target: 'the published name or address that HOST should lead to',
      resolver: 'DNS servers to ask as well, such as 1.1.1.1 (comma-separated)',
      port: 'port of HTTPS (default 443)',
      'http-port': 'port of plain HTTP (default 80, unless --port is given)',
      ca: 'PEM file with the CA to trust in place of the usual ones',
      issuer: 'the certificate authority as CAA records name it, such as letsencrypt.org',
      profile: 'TLS profile to hold it to: Strict (default) or BestPractices',
      output: 'text (default) or json',
    },
    load: async () => (await import('./doctor.ts')).doctor,
  },
  'hash-password': {
    summary: 'make the hash of a password for users.yaml',
    usage: 'hash-password < FILE',
    details: 'Reads one line from standard input, prints its argon2id PHC string.',
    options: {},
    load: async () => (await import('./hash-password.ts')).hashPassword,
  },
};

const OVERVIEW = [
  'sso - single sign-on as Kubernetes resources',
  '',
  ...Object.values(COMMANDS).map(({ usage, summary }) => `  sso ${usage.padEnd(24)} ${summary}`),
  '',
  '  sso COMMAND --help tells more.',
].join('\n');

function helpOf({ usage, summary, details, options }: Command): string {
  const lines = Object.entries(options).map(([name, meaning]) => `  --${name.padEnd(10)} ${meaning}`);
  return [`sso ${usage}`, `${summary[0]?.toUpperCase()}${summary.slice(1)}.`, '', details, ...lines].join('\n');
}

async function run(args: string[], streams: Streams, signal: AbortSignal): Promise<number> {
  const [name = '', ...rest] = args;
  if (['', 'help', '--help', '-h'].includes(name)) return say(streams, OVERVIEW);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) throw new UsageError(`there is no command ${name}\n\n${OVERVIEW}`);
  const { values, positionals } = parse(command, rest);
  if (values.help === true) return say(streams, helpOf(command));
  const options = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)]));
  const execute: Run = await command.load(options);
  return execute({ positionals, options, streams, signal });
}

function say(streams: Streams, text: string): number {
  streams.out(text);
  return 0;
}

function parse(command: Command, args: string[]): ReturnType<typeof parseArgs> {
  const named = Object.keys(command.options).map(name => [name, { type: 'string' as const }]);
  const options = { help: { type: 'boolean' as const, short: 'h' }, ...Object.fromEntries(named) };
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${helpOf(command)}`);
  }
}

async function readInput(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin) text += String(chunk);
  return text;
}

const streams: Streams = {
  out: line => console.log(line),
  err: line => console.error(line),
  input: readInput,
  isTerminal: process.stdout.isTTY,
};
const ending = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => ending.abort());
try {
  process.exitCode = await run(process.argv.slice(2), streams, ending.signal);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  streams.err(`sso: ${error.message}`);
  process.exitCode = 2;
}
