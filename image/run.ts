import { spawn } from 'node:child_process';

class CommandError extends Error {
  readonly code = 'CommandFailed';
}

/** Standard output of a command. Throws CommandError with the end of what it printed. */
export function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', chunk => out.push(chunk));
    child.stderr.on('data', chunk => err.push(chunk));
    child.on('error', cause => reject(new CommandError(`${command} could not be started`, { cause })));
    child.on('close', code => {
      if (code === 0) return resolve(Buffer.concat(out).toString());
      const tail = Buffer.concat([...out, ...err])
        .toString()
        .trim()
        .split('\n')
        .slice(-10)
        .join('\n');
      reject(new CommandError(`${command} ${args.slice(0, 2).join(' ')} ended with ${code}:\n${tail}`));
    });
  });
}
