import { type BenchCase, type BenchOptions, type Figure, ofRounds } from '../bench-case.ts';
import { byTurns } from '../measure.ts';
import { modelOf, productRound, type Round, rawRound, WRITES } from './bulk.ts';
import { IN_FLIGHT, rawClient } from './raw.ts';
import { startScene } from './scene.ts';
import { seedTenants } from './seed.ts';

/** Bar B5: 10,000 clients in turns of 2,500, by the operator and by the plainest client. */
export const bulk: BenchCase = {
  title: 'A bulk of clients, by the operator and by the plainest client',
  method:
    'kube-apiserver and etcd (without fsync), `operator/main.ts` as a Pod runs it, and a replica that does nothing but acknowledge what it ' +
    'watches, all on one machine. A turn of the operator: it is frozen while the OidcClients are created, and timed from when it goes on ' +
    `to the last \`Ready\`. A turn of the plain client (node:https, ${IN_FLIGHT} in flight, the operator's user, the operator frozen): the ` +
    'very objects that the operator wrote for one client, under other names: two Secrets, a ConfigMap, a status. Both have the same ' +
    'watchers. The processor time of the API server, etcd and the writer tells what limits them: where all cores are busy, the ratio ' +
    'is that of the times.',
  run: bulkFigures,
};

const CLIENTS = 2500;
const TENANTS = 10;

async function bulkFigures({ rounds, log }: BenchOptions): Promise<Figure[]> {
  await using scene = await startScene();
  const raw = await rawClient(scene.connection('admin'));
  const writer = await rawClient(scene.connection('operator'));
  const operator = await scene.startOperator();
  await seedTenants(scene, raw, operator, { count: TENANTS });
  await productRound(scene, raw, operator, { namespace: 'warm-up', count: 200, tenants: TENANTS });
  const model = await modelOf(scene, 'warm-up', 'app-0');
  let turn = 0;
  const nextBulk = (name: string) => ({ namespace: `${name}-${turn++}`, count: CLIENTS, tenants: TENANTS });
  const said = (name: string, round: Round): Round => {
    log(`${name}: ${(round.clients / round.seconds).toFixed(0)} clients/s, ${round.busyCores.toFixed(2)} cores busy`);
    return round;
  };
  const turns = await byTurns(Math.min(rounds, 4), {
    plain: async () => {
      operator.program.signal('SIGSTOP');
      const round = await rawRound(scene, { raw, writer }, model, nextBulk('plain'));
      operator.program.signal('SIGCONT');
      await scene.settled();
      return said('plain', round);
    },
    operator: async () => said('operator', await productRound(scene, raw, operator, nextBulk('operator'))),
  });
  await operator.stop();
  raw.end();
  writer.end();
  return figuresOf(turns.operator, turns.plain);
}

function figuresOf(operator: readonly Round[], plain: readonly Round[]): Figure[] {
  const compare = (name: string, read: (round: Round) => number): Omit<Figure, 'unit' | 'method'> => ({
    name,
    ...ofRounds(operator.map(read)),
    baseline: { name: 'the plainest client', ...ofRounds(plain.map(read)) },
  });
  const cpu = (name: string, read: (round: Round) => number): Figure => ({
    ...compare(`processor time a client, ${name}`, read),
    unit: 'ms',
    method: 'user and system, all threads (/proc), divided by the clients of the turn',
  });
  return [
    {
      ...compare('needed writes', round => (round.clients * WRITES) / round.seconds),
      unit: '/s',
      bar: { id: 'B5', of: 'ratio', least: 0.8 },
      method: `${WRITES} writes a client; Events, the tenants' counts and Leases come on top and are not counted`,
    },
    cpu('API server', round => round.cpu.apiServer),
    cpu('etcd', round => round.cpu.etcd),
    cpu('who writes', round => round.cpu.writer),
    cpu('all three', ({ cpu: { apiServer, etcd, writer } }) => apiServer + etcd + writer),
  ];
}
