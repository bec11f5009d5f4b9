import { fillCompileCache, here } from './compile-cache.ts';
import { makeLean } from './lean.ts';

/** The last step of the Dockerfile's build stage: `node image/finish.ts APP`. The tree without Docker takes the same. */

const [app = '/app'] = process.argv.slice(2);
await makeLean(app);
await fillCompileCache(app, here(app));
