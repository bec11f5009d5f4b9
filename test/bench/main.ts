import { parseArgs } from 'node:util';
import { localFigures } from './local.ts';
import { isMet, show } from './measure.ts';

/** `npm run bench [-- --rounds N] [-- --json]`: figures with the method beside each; exit code 1 when a bar is missed. */

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, json: { type: 'boolean', default: false } },
});
const figures = await localFigures(Number(values.rounds));
if (values.json) console.log(JSON.stringify(figures, undefined, 2));
else for (const line of show(figures)) console.log(line);
process.exitCode = figures.every(isMet) ? 0 : 1;
