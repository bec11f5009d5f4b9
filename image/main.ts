import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { makeApp } from './app.ts';
import { packImage } from './archive.ts';
import { makeBase } from './base.ts';
import { APP, COMMAND, ENVIRONMENT, NODE, USER } from './contents.ts';

/**
 * The image without Docker. `npm run image -- DIR` makes DIR/app and DIR/usr/local/bin/node, what the Dockerfile copies;
 * with `--archive FILE` DIR becomes a whole root file system and FILE an image called `--name`.
 */

const ROOT = resolve(import.meta.dirname, '..');
const USAGE = 'npm run image -- DIR [--archive FILE [--name NAME:TAG]]';

async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { archive: { type: 'string' }, name: { type: 'string', default: 'sso-operator:dev' } },
  });
  const [target] = positionals;
  if (target === undefined || positionals.length > 1) throw new Error(USAGE);
  await requirePinnedNode();
  const isWhole = values.archive !== undefined;
  if (isWhole) await makeBase(target);
  await makeApp({ root: ROOT, target: resolve(target), node: process.execPath, isWhole });
  for (const part of [join(APP, 'node_modules'), APP, NODE]) say(`${await megabytes(join(target, part))} MB  ${part}`);
  if (values.archive === undefined) return;
  const config = { name: values.name, command: COMMAND, environment: ENVIRONMENT, user: USER, directory: `/${APP}` };
  await packImage(target, resolve(values.archive), config);
  say(`${await megabytes(values.archive)} MB  ${values.archive} holds ${values.name}`);
}

/** Another Node would leave a compile cache that the image's cannot read. */
async function requirePinnedNode(): Promise<void> {
  const { dependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const pinned = `v${dependencies['node']}`;
  if (process.version !== pinned) throw new Error(`this is Node ${process.version}, not ${pinned}: use npm run image`);
}

async function megabytes(path: string): Promise<string> {
  const sizes = [path, ...(await below(path))].map(async each => {
    const { isFile, size } = await stat(each).then(it => ({ isFile: it.isFile(), size: it.size }));
    return isFile ? size : 0;
  });
  return ((await Promise.all(sizes)).reduce((sum, size) => sum + size, 0) / 1e6).toFixed(0).padStart(5);
}

async function below(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [];
  return (await readdir(path, { recursive: true })).map(name => join(path, name));
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`image: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
