import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ROOT } from '#test/support/program.ts';

export interface Answer {
  code: number;
  out: string;
  err: string;
}

/** Runs `sso` from the top of the checkout, as people do. */
export async function sso(args: string[], input = ''): Promise<Answer> {
  const child = spawn(process.execPath, [join(ROOT, 'operator', 'cli', 'main.ts'), ...args], { cwd: ROOT });
  const answer = { code: 0, out: '', err: '' };
  child.stdout.on('data', chunk => (answer.out += String(chunk)));
  child.stderr.on('data', chunk => (answer.err += String(chunk)));
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return { ...answer, code: code ?? -1 };
}
