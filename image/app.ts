import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fillCompileCache, here, inside } from './compile-cache.ts';
import { APP, INSTALL, LOCK, NODE, SOURCES } from './contents.ts';
import { makeLean } from './lean.ts';
import { run } from './run.ts';

/** Makes what the Dockerfile copies into the image, without Docker: `app` and the Node that runs it. */

export interface AppPlan {
  /** The checkout. */
  root: string;
  /** Made where it is missing; what is in the way is overwritten. */
  target: string;
  /** Its version is the one that package.json pins. */
  node: string;
  /** `target` is a root file system already, which Node can start in. */
  isWhole: boolean;
}

export async function makeApp({ root, target, node, isWhole }: AppPlan): Promise<void> {
  const app = join(target, APP);
  await mkdir(app, { recursive: true });
  for (const name of LOCK) await cp(join(root, name), join(app, name));
  await run('npm', [...INSTALL], app);
  for (const name of SOURCES) await cp(join(root, name), join(app, name), { recursive: true });
  await makeLean(app);
  await cp(node, join(target, NODE));
  await fillCompileCache(app, isWhole ? inside(target) : here(app));
}
