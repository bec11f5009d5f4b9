import { parseArgs } from 'node:util';
import { type BenchCase, type BenchOptions, type Figure, isMet } from './bench-case.ts';
import { CASES } from './cases.ts';
import { busyCores } from './measure.ts';
import { type Results, readResults, writeResults } from './report/results.ts';
import { show } from './report/text.ts';

/**
 * `npm run bench [-- [case...] [--rounds N] [--seconds N] [--dry]]`: runs all cases or those named, prints the figures,
 * and writes docs/bench (results.json, the page and the plots), where cases that were not run keep their last figures.
 * --dry writes nothing. Exit code 1 when a case failed or a bar is missed.
 */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    dry: { type: 'boolean', default: false },
  },
});

const unknown = positionals.filter(name => !(name in CASES));
if (unknown.length > 0) {
  console.error(`no such case: ${unknown.join(', ')}; there are ${Object.keys(CASES).join(', ')}`);
  process.exit(2);
}

const options: BenchOptions = {
  rounds: Number(values.rounds),
  seconds: Number(values.seconds),
  log: line => console.error(`  ${line}`),
};
const results = await readResults();
const ran: Figure[] = [];
let failures = 0;
for (const [name, load] of Object.entries(CASES)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  await attempt(name, await load(), results);
}
if (!values.dry) await writeResults(results);
process.exit(failures > 0 || ran.some(figure => isMet(figure) === false) ? 1 : 0);

/** One case that fails takes nothing from the others. */
async function attempt(name: string, bench: BenchCase, into: Results): Promise<void> {
  const { title, method } = bench;
  console.error(`${name}: ${title}`);
  const begun = performance.now();
  const busyBefore = await busyCores(1);
  try {
    const figures = await bench.run(options);
    const seconds = Math.round((performance.now() - begun) / 1000);
    const { rounds, seconds: secondsATurn } = options;
    into.cases[name] = {
      title,
      method,
      at: new Date().toISOString(),
      busyBefore,
      seconds,
      rounds,
      secondsATurn,
      figures,
    };
    ran.push(...figures);
    console.log(show(figures).join('\n'));
  } catch (error) {
    failures += 1;
    console.error(`${name} failed:`, error);
  }
}
