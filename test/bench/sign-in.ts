import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ROOT } from '#test/support/program.ts';
import { type BenchCase, type BenchOptions, type Figure, ofRounds, quantile } from './bench-case.ts';
import { closedLoop } from './idp/loop.ts';
import { type Contestant, startPair } from './idp/pair.ts';
import { startStore } from './idp/store.ts';
import type { Visitor } from './idp/visitor.ts';
import { byTurns, cpuSecondsOfAll } from './measure.ts';

/** Bar B2: a password sign-in beside the hash that it cannot do without, and what applications notice of a flood of them. */
export const signIn: BenchCase = {
  title: 'Sign-in with a password',
  method:
    'A sign-in is everything from the authorization request to the code: redirect, sign-in page, password (argon2id, ' +
    '19 MiB, t=2, p=1), redirects back; no connection is made anew. The baseline hashes the same password at the same cost, as many at ' +
    'once as the product does, and does nothing else. The flood: forty people sign in without a pause while eight applications ' +
    'refresh a token each 20 ms.',
  run: signInFigures,
};

const PEOPLE = 48;
const FLOOD = 40;
const HASHES_AT_ONCE = Math.min(availableParallelism(), 4);
const PAUSE_MS = 20;
const WARM_SECONDS = 6;
const run = promisify(execFile);

async function signInFigures({ rounds, seconds, log }: BenchOptions): Promise<Figure[]> {
  await using store = await startStore();
  await using pair = await startPair({ size: { tenants: 10, clients: 100 }, visitors: PEOPLE, store });
  const { product } = pair;
  await Promise.all(product.visitors.map(visitor => visitor.signIn()));
  // Until the code that answers is compiled: a replica that is long up is what people meet.
  log('warming up');
  await signInTurn(product, WARM_SECONDS);
  log('sign-in');
  const turns = await byTurns(rounds, {
    product: () => signInTurn(product, seconds),
    hash: () => hashTurn(seconds),
  });
  log('tokens during a flood of sign-ins');
  const { quiet, flooded } = await byTurns(rounds, {
    quiet: () => tokens(product.visitors.slice(FLOOD), seconds),
    flooded: () => duringFlood(product.visitors, seconds),
  });
  return [...rateFigures(turns), floodFigure(quiet, flooded)];
}

interface Rate {
  perCore: number;
  rate: number;
}

/** Each signs in again and again. The queue is never longer than the product lets it grow. */
async function signInTurn({ pids, visitors }: Contestant, seconds: number): Promise<Rate> {
  const before = await cpuSecondsOfAll(pids);
  const people = visitors.slice(0, HASHES_AT_ONCE * 4);
  const { operations, rate } = await closedLoop(people, seconds, async visitor => void (await visitor.enter()));
  return { perCore: operations / ((await cpuSecondsOfAll(pids)) - before), rate };
}

async function hashTurn(seconds: number): Promise<Rate> {
  const program = join(ROOT, 'test', 'bench', 'idp', 'hash.ts');
  const { stdout } = await run(process.execPath, [program, String(HASHES_AT_ONCE), String(seconds)]);
  const told = JSON.parse(stdout) as { operations: number; cpuSeconds: number; seconds: number };
  return { perCore: told.operations / told.cpuSeconds, rate: told.operations / told.seconds };
}

function rateFigures({ product, hash }: { product: Rate[]; hash: Rate[] }): Figure[] {
  const name = 'sign-in with a password';
  const baseline = (read: (rate: Rate) => number) => ({ name: 'argon2id alone', ...ofRounds(hash.map(read)) });
  const perCore = (rate: Rate): number => rate.perCore;
  const byClock = (rate: Rate): number => rate.rate;
  return [
    {
      name,
      ...ofRounds(product.map(perCore)),
      unit: '/s per core',
      baseline: baseline(perCore),
      bar: { id: 'B2', of: 'ratio', least: 0.85 },
      method: 'authorization request to code, five requests',
    },
    {
      name: `${name}, by the clock`,
      ...ofRounds(product.map(byClock)),
      unit: '/s',
      baseline: baseline(byClock),
      method: 'the same; the people of the bench share the processors with it, beside the hash alone there is nobody',
    },
  ];
}

function floodFigure(quiet: number[], flooded: number[]): Figure {
  return {
    name: 'refresh during a flood of sign-ins, p99',
    ...ofRounds(flooded),
    unit: 'ms',
    baseline: { name: 'without the flood', ...ofRounds(quiet) },
    bar: { id: 'B2', most: 50 },
    method: `${FLOOD} people sign in without a pause, 8 applications refresh each ${PAUSE_MS} ms; latency as they see it`,
  };
}

async function duringFlood(visitors: readonly Visitor[], seconds: number): Promise<number> {
  const flood = closedLoop(visitors.slice(0, FLOOD), seconds + 0.5, async visitor => void (await visitor.enter()));
  await delay(250);
  const p99 = await tokens(visitors.slice(FLOOD), seconds);
  await flood;
  return p99;
}

/** Milliseconds; p99 of what these applications see who come now and then. */
async function tokens(visitors: readonly Visitor[], seconds: number): Promise<number> {
  const latencies: number[] = [];
  await closedLoop(visitors, seconds, async visitor => {
    await delay(PAUSE_MS);
    const begun = performance.now();
    await visitor.refresh();
    latencies.push(performance.now() - begun);
  });
  return quantile(latencies, 0.99);
}
