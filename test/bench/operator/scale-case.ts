import { setTimeout as delay } from 'node:timers/promises';
import { until } from '#test/support/program.ts';
import { type BenchCase, type BenchOptions, type Figure, quantile } from '../bench-case.ts';
import { residentMemory } from '../measure.ts';
import { startEditor } from './edits.ts';
import { rawClient } from './raw.ts';
import { countRequests } from './requests.ts';
import { type Operator, type Scene, startScene } from './scene.ts';
import { seedClients, seedNamespace, seedTenants } from './seed.ts';

/** Bars B4, B6 and B7: an edit among thousands, and what the operator needs to know of them. */
export const scale: BenchCase = {
  title: 'An edit among a thousand tenants and ten thousand clients',
  method:
    'kube-apiserver, etcd, `operator/main.ts` and two replicas of `idp/main.ts` with the rights of the chart, on one machine. Clients come as a bulk, 32 ' +
    'creates at a time; the keys of the tenants are copies (two RSA keys for each would take minutes and are not what is measured). An edit is a PUT of ' +
    'one client with another redirect URI; its time runs from the reply of the API server to when each replica, asked every 5 ms, accepts an ' +
    'authorization request with that URI. Memory is VmRSS, with the heap that Node takes in a Pod of 512Mi; "after a start" is 10 s after the caches ' +
    'of a new process are synced.',
  run: scaleFigures,
};

const EDITS = 100;
const QUIET_SECONDS = 60;
const STEPS = [
  { tenants: 10, clients: 10 },
  { tenants: 100, clients: 1000 },
  { tenants: 1000, clients: 10_000 },
];

async function scaleFigures({ log }: BenchOptions): Promise<Figure[]> {
  await using scene = await startScene({ replicas: 2 });
  const raw = await rawClient(scene.connection('admin'));
  const figures: Figure[] = [];
  let operator = await scene.startOperator();
  let [tenants, clients] = [0, 0];
  for (const step of STEPS) {
    const name = `${step.tenants.toLocaleString('en-US')} tenants, ${step.clients.toLocaleString('en-US')} clients`;
    log(name);
    await seedTenants(scene, raw, operator, { count: step.tenants, from: tenants });
    const namespace = `bulk-${step.clients}`;
    const count = step.clients - clients;
    const seconds = await timed(async () => {
      await seedNamespace(raw, namespace);
      await seedClients(raw, { namespace, count, tenants: step.tenants });
      await until('the bulk', async () => (scene.ready.get(namespace) === count ? true : undefined), 600);
    });
    [tenants, clients] = [step.tenants, step.clients];
    const after = await residentMemory(operator.program.pid);
    await operator.stop();
    operator = await scene.startOperator();
    figures.push(...(await memoryFigures(operator, name, { after, isLast: step === STEPS.at(-1) })));
    if (step === STEPS.at(-1)) figures.push(bulkFigure(count, seconds));
  }
  log(`${EDITS} edits`);
  figures.push(...(await editFigures(scene, 'bulk-10000')));
  log(`a quiet time of ${QUIET_SECONDS} s`);
  figures.push(...(await quietFigures(scene)));
  await operator.stop();
  raw.end();
  return figures;
}

async function timed(run: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await run();
  return (performance.now() - begun) / 1000;
}

function bulkFigure(count: number, seconds: number): Figure {
  return {
    name: `${count.toLocaleString('en-US')} clients, from the first create to Ready on two replicas`,
    value: seconds,
    unit: 's',
    method: 'created 32 at a time, while the operator and both replicas work',
  };
}

async function memoryFigures(
  operator: Operator,
  name: string,
  { after, isLast }: { after: number; isLast: boolean },
): Promise<Figure[]> {
  await delay(10_000);
  const bar = isLast ? { bar: { id: 'B6', most: 512 } } : {};
  const memory = await residentMemory(operator.program.pid);
  return [
    { name: `operator after the bulk, ${name}`, value: after, unit: 'MiB', ...bar, method: 'VmRSS at the last Ready' },
    {
      name: `operator after a start, ${name}`,
      value: memory,
      unit: 'MiB',
      ...bar,
      method: 'VmRSS, 10 s after it synced',
    },
    { name: `operator start, ${name}`, value: operator.syncedAfter, unit: 'ms', method: 'spawn to "caches synced"' },
  ];
}

async function editFigures(scene: Scene, namespace: string): Promise<Figure[]> {
  const editor = await startEditor(scene, namespace);
  const times: number[] = [];
  for (let turn = 0; turn < EDITS; turn++) times.push(await editor.edit(turn));
  editor.end();
  const method = `of ${EDITS} edits, one after another`;
  return [
    { name: 'edit to live on both replicas, median', value: quantile(times, 0.5), unit: 'ms', method },
    {
      name: 'edit to live on both replicas, p99',
      value: quantile(times, 0.99),
      unit: 'ms',
      bar: { id: 'B4', most: 1000 },
      method,
    },
  ];
}

async function quietFigures(scene: Scene): Promise<Figure[]> {
  await scene.settled();
  const before = await countRequests(scene);
  await delay(QUIET_SECONDS * 1000);
  const after = await countRequests(scene);
  const method = `in ${QUIET_SECONDS} s, by the counters of the API server`;
  const bar = { id: 'B6', most: 1 };
  return [
    {
      name: 'writes at rest',
      value: after.writes - before.writes,
      unit: 'writes',
      bar,
      method: `${method}; without Leases`,
    },
    { name: 'lists at rest', value: after.lists - before.lists, unit: 'lists', bar, method },
  ];
}
