import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { IDP_NAMESPACE } from '#operator/local/settings.ts';
import { yamlFolder } from '#operator/local/yaml-folder.ts';
import { type Call, UsageError } from './command.ts';

/** `sso validate`: every problem of the files as file:line:column, in the order of the files. */
export async function validate({ positionals, streams }: Call): Promise<number> {
  if (positionals.length === 0) throw new UsageError('name a folder or a file: sso validate DIR');
  let objects = 0;
  let problems = 0;
  for (const path of positionals) {
    const found = await look(path);
    for (const { file, line, column, message } of found.problems) streams.out(`${file}:${line}:${column}: ${message}`);
    for (const note of found.notes) streams.err(`note: ${note}`);
    objects += found.objects.length;
    problems += found.problems.length;
  }
  streams.err(`${count(objects, 'object')} good, ${count(problems, 'problem')}`);
  return problems === 0 ? 0 : 1;
}

function look(path: string): ReturnType<ReturnType<typeof yamlFolder>['read']> {
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts === undefined) throw new UsageError(`there is no ${path}`);
  const directory = facts.isDirectory() ? path : dirname(path);
  const only = facts.isDirectory() ? {} : { only: path };
  return yamlFolder({ directory, ...only, live: () => undefined, reserved: [IDP_NAMESPACE] }).read();
}

const count = (many: number, what: string): string => `${many} ${what}${many === 1 ? '' : 's'}`;
