import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { LABELS } from '#crds/schema/group.ts';
import type { OidcClient } from '#crds/schema/kinds.ts';
import { type Relay, startRelay } from '#test/support/api-server-relay.ts';
import { ACCOUNTS } from '#test/support/installation.ts';
import { freePort, type Program, startProgram, until } from '#test/support/program.ts';
import {
  type Bench,
  clientOf,
  EVERYTHING,
  IDP,
  publishReplicas,
  startBench,
  tenantOf,
  usersSecret,
} from './operator-bench.ts';

/** The operator as a process of its own: killed, cut off, away while things are deleted, and at rest. */

let bench: Bench;
let operator: Program;
/** Lies between the operator and the API server. */
let relay: Relay;
let kubeconfig = '';
let health = 0;
before(async () => {
  bench = await startBench();
  relay = await startRelay(bench.api.url);
  kubeconfig = `${bench.api.kubeconfig(ACCOUNTS.operator.name)}.relayed`;
  const direct = await readFile(bench.api.kubeconfig(ACCOUNTS.operator.name), 'utf8');
  await writeFile(kubeconfig, direct.replaceAll(bench.api.url, relay.url), { mode: 0o600 });
  for (const name of ['team-acme', 'apps']) await bench.namespace(name);
  await bench.apply(usersSecret('team-acme'));
  await publishReplicas(bench, { 'idp-0': EVERYTHING });
  await bench.apply(tenantOf('team-acme', 'acme', { clients: { from: 'All' } }));
  operator = await startOperator();
  await bench.ready(acme);
});
after(async () => {
  await operator.stop();
  await relay[Symbol.asyncDispose]();
  await bench[Symbol.asyncDispose]();
});

/** The measure of the project is two minutes; a test run takes a sample. */
const REST_SECONDS = Number(process.env.SSO_TEST_REST_SECONDS ?? '10');

const acme = { kind: 'SsoTenant', namespace: 'team-acme', name: 'acme' } as const;

async function startOperator(): Promise<Program> {
  health = await freePort();
  return startProgram(['operator/main.ts'], {
    KUBECONFIG: kubeconfig,
    SSO_NAMESPACE: 'sso-system',
    SSO_IDP_NAMESPACE: IDP,
    SSO_IDP_SERVICE: IDP,
    SSO_DEVELOPMENT_CA: 'true',
    SSO_LISTEN: '127.0.0.1',
    SSO_HEALTH_PORT: String(health),
    SSO_LEASE_SECONDS: '2',
  });
}

async function clients(): Promise<OidcClient[]> {
  const { stdout } = await bench.api.kubectl(['get', 'oidcclients', '-A', '-o', 'json']);
  return (JSON.parse(stdout) as { items: OidcClient[] }).items;
}

const isReady = (client: OidcClient) =>
  client.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;

async function memory(): Promise<number> {
  const [, resident = '0'] = /VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${operator.pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(resident) / 1024);
}

async function kubectl(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await bench.api.kubectl(args);
  assert.equal(code, 0, stderr);
  return stdout;
}

test('killed during a bulk of 500 clients, it converges after its restart', { timeout: 120_000 }, async t => {
  const items = Array.from({ length: 500 }, (_, i) => clientOf('apps', `app-${i}`));
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  const applied = bench.api.kubectl(['apply', '-f', '-'], list);
  await until(
    'the bulk is under way',
    async () => {
      const ready = (await clients()).filter(isReady).length;
      return ready > 20 ? true : undefined;
    },
    60,
  );
  await operator.kill();
  const done = (await clients()).filter(isReady).length;
  assert.ok(done < 500, 'it was killed too late to show anything');
  operator = await startOperator();
  const restarted = Date.now();
  assert.equal((await applied).code, 0);
  await until(
    '500 clients are Ready',
    async () => ((await clients()).filter(isReady).length === 500 ? true : undefined),
    60,
  );
  t.diagnostic(`killed at ${done} of 500 Ready; all Ready ${Date.now() - restarted} ms after the restart`);
  const secrets = JSON.parse(await kubectl('get', 'secrets', '-n', 'apps', '-o', 'json')) as { items: unknown[] };
  assert.equal(secrets.items.length, 500);
});

test('the API server restarts and it goes on by itself', { timeout: 90_000 }, async () => {
  await bench.api.restart();
  await bench.apply(clientOf('apps', 'after-restart'));
  await until(
    'the new client is Ready',
    async () => ((await clients()).some(it => it.metadata.name === 'after-restart' && isReady(it)) ? true : undefined),
    60,
  );
  const answer = await fetch(`http://127.0.0.1:${health}/readyz`);
  assert.equal(answer.status, 200);
  const metrics = await (await fetch(`http://127.0.0.1:${health}/metrics`)).text();
  assert.match(metrics, /controller_runtime_reconcile_total\{controller="OidcClient",result="[a-z_]+"\} \d/);
});

for (const [what, breakIt] of [
  ['cut', () => relay.cut()],
  ['stalled, and then cut,', () => (relay.stall(), setTimeout(() => relay.cut(), 1_000))],
] as const) {
  test(`its connections are ${what} and it goes on by itself`, { timeout: 60_000 }, async () => {
    const name = `after-${what.replaceAll(/[^a-z]+/g, '-')}x`;
    breakIt();
    await bench.apply(clientOf('apps', name));
    await until('the new client is Ready', async () =>
      (await clients()).some(it => it.metadata.name === name && isReady(it)) ? true : undefined,
    );
  });
}

test('away for longer than its Lease, the API server costs it the lead and not the process', {
  timeout: 90_000,
}, async () => {
  let isOver = false;
  void operator.exited.then(() => {
    isOver = true;
  });
  bench.api.pause();
  await delay(5000);
  bench.api.resume();
  await bench.apply(clientOf('apps', 'after-pause'));
  await bench.ready({ kind: 'OidcClient', namespace: 'apps', name: 'after-pause' });
  assert.match(operator.output(), /lost the lease/);
  assert.equal(isOver, false);
});

test('at rest it writes nothing, whatever others write', { timeout: 300_000 }, async t => {
  const writes = async () =>
    (await bench.api.writes(ACCOUNTS.operator.name)).filter(({ resource }) => resource !== 'leases');
  // A tenant counts its clients up to ten seconds after they changed.
  const isAtRest = async () => {
    const before = (await writes()).length;
    await delay(11_000);
    return (await writes()).length === before ? true : undefined;
  };
  await until('it is at rest', isAtRest, 60);
  const before = await writes();
  const end = Date.now() + REST_SECONDS * 1000;
  let foreign = 0;
  while (Date.now() < end) {
    await bench.apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'noise', namespace: IDP },
      data: { n: String(foreign) },
    });
    await publishReplicas(bench, { 'idp-0': { ...EVERYTHING, configMaps: String(9_000_000 + foreign) } });
    foreign += 1;
  }
  assert.ok(foreign > 10);
  assert.deepEqual((await writes()).slice(before.length), []);
  t.diagnostic(`${foreign} rounds of foreign writes in ${REST_SECONDS} s, none of ours; ${await memory()} MB resident`);
});

test('what was deleted while it was away leaves nothing behind in any namespace', { timeout: 90_000 }, async () => {
  assert.equal(await operator.stop(), 0);
  await kubectl('delete', 'oidcclients', '--all', '-n', 'apps', '--wait=false');
  await kubectl('delete', 'ssotenant', 'acme', '-n', 'team-acme');
  operator = await startOperator();
  await until(
    'nothing of ours is left',
    async () => {
      const left = await kubectl('get', 'secrets,configmaps', '-A', '-l', LABELS.ownerUid, '-o', 'name');
      return left.trim() === '' ? true : undefined;
    },
    60,
  );
});
