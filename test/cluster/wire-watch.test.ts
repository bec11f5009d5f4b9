import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connect } from '#crds/wire/api-server.ts';
import { type Cluster, CORE } from '#crds/wire/cluster.ts';
import type { WireTiming } from '#crds/wire/deps.ts';
import { type ApiServer, startApiServer } from '../support/api-server.ts';
import { configMapLists } from '../support/api-server-metrics.ts';
import { type Relay, startRelay } from '../support/api-server-relay.ts';
import { configMap, keepLog, type LogLine, type Seen, watchConfigMaps } from '../support/api-server-sink.ts';
import { until } from '../support/program.ts';

let api: ApiServer;
let direct: Cluster;
const namespace = 'default';

before(async () => {
  api = await startApiServer();
  direct = connect(api.connection('admin'), { log: keepLog().log, userAgent: 'test' });
});
after(async () => api[Symbol.asyncDispose]());

interface Broken extends AsyncDisposable {
  relay: Relay;
  seen: Seen;
  lines: LogLine[];
}

/** A watch whose connection the test can break. */
async function watchThroughRelay(label: string, timing: Partial<WireTiming> = {}): Promise<Broken> {
  const relay = await startRelay(api.url);
  const { log, lines } = keepLog();
  const cluster = connect({ ...api.connection('admin'), server: relay.url }, { log, userAgent: 'test', timing });
  const seen = watchConfigMaps(cluster, { namespace, labelSelector: `t=${label}` });
  await until('first list', async () => seen.lists || undefined);
  return {
    relay,
    seen,
    lines,
    [Symbol.asyncDispose]: async () => {
      seen.stop();
      await relay[Symbol.asyncDispose]();
    },
  };
}

const make = (label: string, name: string, v = '1') =>
  direct.create(CORE.configMaps, configMap(namespace, name, v, { t: label }));
const has = (seen: Seen, name: string) => until(`${name} is seen`, async () => seen.values.has(name) || undefined, 10);
const lacks = (seen: Seen, name: string) =>
  until(`${name} is gone`, async () => !seen.values.has(name) || undefined, 10);

test('a watch tells what is there, and then each addition, change and deletion', async () => {
  await make('life', 'life-0');
  await make('other', 'life-other');
  await using watched = await watchThroughRelay('life');
  const { seen } = watched;
  assert.deepEqual([...seen.values], [['life-0', '1']]);
  await make('life', 'life-1');
  await has(seen, 'life-1');
  await direct.apply(CORE.configMaps, configMap(namespace, 'life-1', '2', { t: 'life' }));
  await until('the change', async () => seen.values.get('life-1') === '2' || undefined);
  await direct.delete(CORE.configMaps, 'life-0', namespace);
  await lacks(seen, 'life-0');
  assert.equal(seen.lists, 1);
  assert.equal(await configMapLists(api), 0, 'the list came as a stream');
});

test('an empty list is told as an empty list', async () => {
  await using watched = await watchThroughRelay('nothing-is-here');
  assert.deepEqual([...watched.seen.values], []);
});

test('a cut connection is resumed where it broke off, without another list', async () => {
  await make('cut', 'cut-0');
  await using watched = await watchThroughRelay('cut');
  const { relay, seen } = watched;
  relay.refuse(true);
  relay.cut();
  await make('cut', 'cut-1');
  await direct.delete(CORE.configMaps, 'cut-0', namespace);
  relay.refuse(false);
  await has(seen, 'cut-1');
  await lacks(seen, 'cut-0');
  assert.equal(seen.lists, 1);
});

test('a connection that went silent is given up and replaced', async () => {
  await using watched = await watchThroughRelay('stall', { idle: 1000 });
  const { relay, seen, lines } = watched;
  relay.stall();
  await make('stall', 'stall-1');
  await has(seen, 'stall-1');
  assert.match(lines[0]?.fields.err?.message ?? '', /no event or bookmark for 1000 ms/);
});

test('a watch outlives a restart of the API server', async () => {
  await make('restart', 'restart-0');
  await using watched = await watchThroughRelay('restart');
  await api.restart();
  await make('restart', 'restart-1');
  await has(watched.seen, 'restart-1');
  assert.ok(watched.seen.values.has('restart-0'));
});

test('a position that the API server no longer knows leads to a new list, and what went meanwhile is gone', async () => {
  await make('expired', 'expired-0');
  await using watched = await watchThroughRelay('expired');
  const { relay, seen, lines } = watched;
  relay.refuse(true);
  relay.cut();
  await direct.delete(CORE.configMaps, 'expired-0', namespace);
  const last = await make('expired', 'expired-1');
  await compact(last.metadata.resourceVersion ?? '');
  await api.restart();
  relay.refuse(false);
  await has(seen, 'expired-1');
  assert.ok(!seen.values.has('expired-0'));
  assert.equal(seen.lists, 2);
  assert.ok(lines.some(({ fields }) => fields.err?.code === 'Expired'));
});

/** Makes etcd forget everything before the revision. */
async function compact(revision: string): Promise<void> {
  const body = JSON.stringify({ revision, physical: true });
  const answer = await fetch(`${api.etcdUrl}/v3/kv/compaction`, { method: 'POST', body });
  assert.equal(answer.status, 200, await answer.text());
}
