import { statSync } from 'node:fs';
import { stringify } from 'yaml';
import { renderFolder } from '#operator/local/render-folder.ts';
import { type Call, portOf, UsageError } from './command.ts';
import { problemLine } from './dev-output.ts';

/** `sso render`: what the operator would write for a folder, as manifests. */
export async function render({ positionals, options, streams, signal }: Call): Promise<number> {
  const [directory, ...more] = positionals;
  if (directory === undefined || more.length > 0) throw new UsageError('name one folder: sso render DIR');
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory())
    throw new UsageError(`there is no folder ${directory}`);
  const { manifests, problems } = await renderFolder(directory, portOf(options.port, 443), signal);
  for (const problem of problems) streams.err(problemLine(problem));
  if (problems.length > 0) return 1;
  for (const manifest of manifests) streams.out(`---\n${stringify(manifest, { lineWidth: 0 }).trimEnd()}`);
  return 0;
}
