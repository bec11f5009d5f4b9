import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '#test/support/program.ts';
import { type Bar, type BenchCase, type BenchOptions, type Figure, ofRounds } from './bench-case.ts';
import { makeLandscape, type Size, usernameOf, writeFolder } from './idp/documents.ts';
import { startReplica } from './idp/replica.ts';
import { Visitor } from './idp/visitor.ts';
import { residentMemory } from './measure.ts';

/** Bars B6 and B7: what a replica needs by itself, from a handful of tenants to a thousand. */
export const size: BenchCase = {
  title: 'Start and memory of a replica',
  method:
    '`idp/main.ts` as the image runs it (compile cache, young generation of 4 MiB), its configuration in a folder: tenants with ' +
    'their own documents and Secrets (signing keys, SAML keys, certificate, people), clients with a secret each. A start is timed from the ' +
    'spawn to the first 200 of `/readyz`, when the replica has loaded everything and said so. Then one person signs in at ' +
    'one tenant, and the replica is left alone.',
  run: sizeFigures,
};

const IDLE_SECONDS = 10;

const SIZES: { size: Size; memory?: Bar; start?: Bar }[] = [
  { size: { tenants: 10, clients: 10 }, memory: { id: 'B6', most: 120 } },
  { size: { tenants: 100, clients: 1_000 } },
  { size: { tenants: 1_000, clients: 10_000 }, memory: { id: 'B6', most: 300 }, start: { id: 'B7', most: 5_000 } },
];

async function sizeFigures({ rounds, log }: BenchOptions): Promise<Figure[]> {
  const work = await mkdtemp(join(tmpdir(), 'sso-bench-size-'));
  try {
    const figures: Figure[] = [];
    for (const { size, ...bars } of SIZES) {
      log(nameOf(size));
      figures.push(...(await figuresOf(size, bars, { rounds: Math.min(rounds, 3), compileCache: work })));
    }
    return figures;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

const nameOf = ({ tenants, clients }: Size): string =>
  `${tenants.toLocaleString('en-US')} tenants, ${clients.toLocaleString('en-US')} clients`;

interface Measured {
  start: number;
  memory: number;
  writes: number;
}

async function figuresOf(
  size: Size,
  bars: { memory?: Bar; start?: Bar },
  how: { rounds: number; compileCache: string },
): Promise<Figure[]> {
  const port = await freePort();
  const { pairs, ca } = await makeLandscape(port, size);
  await using folder = await writeFolder(pairs);
  const measured: Measured[] = [];
  // The first one fills the compile cache.
  for (let round = -1; round < how.rounds; round++) {
    const one = await measure({ folder: folder.path, port, ca, compileCache: how.compileCache }, round < 0);
    if (round >= 0) measured.push(one);
  }
  const name = nameOf(size);
  const figure = (what: string, unit: Figure['unit'], read: (one: Measured) => number) => ({
    name: `${what}, ${name}`,
    ...ofRounds(measured.map(read)),
    unit,
  });
  return [
    { ...figure('start', 'ms', one => one.start), ...(bars.start && { bar: bars.start }), method: 'spawn to ready' },
    {
      ...figure('memory', 'MiB', one => one.memory),
      ...(bars.memory && { bar: bars.memory }),
      method: `VmRSS ${IDLE_SECONDS} s after the last request`,
    },
    {
      ...figure('idle', 'writes', one => one.writes),
      bar: { id: 'B6', most: 1 },
      method: `of its Lease in these ${IDLE_SECONDS} s`,
    },
  ];
}

interface Place {
  folder: string;
  port: number;
  ca: string;
  compileCache: string;
}

async function measure({ folder, port, ca, compileCache }: Place, onlyStart: boolean): Promise<Measured> {
  const env = { SSO_SOURCE: `folder:${folder}`, SSO_STORE: 'memory' };
  await using replica = await startReplica({ port, compileCache, env });
  const start = replica.readyAfter;
  await new Visitor({ port, ca }, usernameOf(0)).signIn();
  if (onlyStart) return { start, memory: 0, writes: 0 };
  const lease = () => stat(join(folder, 'leases', 'bench.json'));
  const { mtimeMs } = await lease();
  await delay(IDLE_SECONDS * 1000);
  const writes = (await lease()).mtimeMs === mtimeMs ? 0 : 1;
  return { start, memory: await residentMemory(replica.pid), writes };
}
