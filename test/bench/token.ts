import { type BenchCase, type BenchOptions, type Figure, ofRounds, quantile, type Unit } from './bench-case.ts';
import { closedLoop } from './idp/loop.ts';
import { type Contestant, type Pair, startPair } from './idp/pair.ts';
import { startStore } from './idp/store.ts';
import type { Visitor } from './idp/visitor.ts';
import { byTurns, cpuSecondsOfAll } from './measure.ts';

/** Bar B1: what applications ask for, through the whole product, beside the bare library. */
export const token: BenchCase = {
  title: 'Tokens: the whole product beside the bare library',
  method:
    'The product: `idp/main.ts` with ten tenants and a hundred clients, as the image runs it: TLS, host routing, live ' +
    'clients, metrics, sessions and tokens in a Valkey beside it (append-only file, its processor time counted with the ' +
    'product’s). The baseline: oidc-provider with its own in-memory store and one client ' +
    'in its configuration, the same keys (ES256), TLS and protocol choices, with Node as it comes. Sixteen people, each ' +
    'with a connection that is kept, from a process of their own.',
  run: tokenFigures,
};

const VISITORS = 16;
const SIZE = { tenants: 10, clients: 100 };

interface Operation {
  name: string;
  /** Of the token endpoint: B1 is about it. */
  isToken: boolean;
  method: string;
  run: (visitor: Visitor) => Promise<void>;
}

const OPERATIONS: Operation[] = [
  { name: 'refresh with rotation', isToken: true, method: 'POST /token', run: visitor => visitor.refresh() },
  { name: 'code flow', isToken: true, method: 'GET /auth with a session, POST /token', run: visitor => visitor.flow() },
  { name: 'userinfo', isToken: false, method: 'GET /me, opaque access token', run: visitor => visitor.userinfo() },
  {
    name: 'discovery',
    isToken: false,
    method: 'GET /.well-known/openid-configuration',
    run: visitor => visitor.discovery(),
  },
  // Last: the baseline's own store keeps a thousand records, and would lose the people's over these.
  {
    name: 'client credentials, opaque',
    isToken: true,
    method: 'POST /token, a machine with its secret',
    run: visitor => visitor.machine('opaque'),
  },
  {
    name: 'client credentials, JWT',
    isToken: true,
    method: 'POST /token, a machine with its secret; signed with ES256, nothing is stored',
    run: visitor => visitor.machine('jwt'),
  },
];

async function tokenFigures(options: BenchOptions): Promise<Figure[]> {
  await using store = await startStore();
  options.log(`store: ${store.name}`);
  await using pair = await startPair({ size: SIZE, visitors: VISITORS, store });
  for (const { visitors } of [pair.product, pair.bare]) await Promise.all(visitors.map(visitor => visitor.signIn()));
  const figures: Figure[] = [];
  for (const operation of OPERATIONS) {
    options.log(operation.name);
    figures.push(...(await compare(operation, pair, options)));
  }
  return figures;
}

interface Turn {
  perCore: number;
  rate: number;
  p99: number;
}

async function compare(operation: Operation, pair: Pair, { rounds, seconds }: BenchOptions): Promise<Figure[]> {
  const turns = (length: number) => ({
    product: () => turn(pair.product, operation, length),
    bare: () => turn(pair.bare, operation, length),
  });
  await byTurns(1, turns(Math.max(1, seconds / 2)));
  const { product, bare } = await byTurns(rounds, turns(seconds));
  const figure = (name: string, unit: Unit, read: (turn: Turn) => number): Figure => ({
    name: `${operation.name}${name}`,
    ...ofRounds(product.map(read)),
    unit,
    baseline: { name: 'oidc-provider', ...ofRounds(bare.map(read)) },
    method: operation.method,
  });
  const perCore = figure('', '/s per core', turn => turn.perCore);
  return [
    operation.isToken ? { ...perCore, bar: { id: 'B1', of: 'ratio', least: 0.6 } } : perCore,
    figure(', by the clock', '/s', turn => turn.rate),
    figure(', p99', 'ms', turn => turn.p99),
  ];
}

async function turn({ pids, visitors }: Contestant, { run }: Operation, seconds: number): Promise<Turn> {
  const before = await cpuSecondsOfAll(pids);
  const { operations, rate, latencies } = await closedLoop(visitors, seconds, run);
  return { perCore: operations / ((await cpuSecondsOfAll(pids)) - before), rate, p99: quantile(latencies, 0.99) };
}
