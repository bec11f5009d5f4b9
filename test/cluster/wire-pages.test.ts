import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from '#crds/wire/api-server.ts';
import { CORE } from '#crds/wire/cluster.ts';
import { startApiServer } from '../support/api-server.ts';
import { configMapLists } from '../support/api-server-metrics.ts';
import { configMap, keepLog, watchConfigMaps } from '../support/api-server-sink.ts';
import { until } from '../support/program.ts';

const COUNT = 1200;

test('without WatchList, 1,200 objects come as three pages, and changes follow', async () => {
  await using api = await startApiServer({ arguments: ['--feature-gates=WatchList=false'] });
  const cluster = connect(api.connection('admin'), { log: keepLog().log, userAgent: 'test' });
  const make = (at: number) => cluster.create(CORE.configMaps, configMap('default', `many-${at}`, '1', { t: 'many' }));
  const started = performance.now();
  await Promise.all(Array.from({ length: COUNT }, (_, at) => make(at)));
  console.log(`${COUNT} creates in ${Math.round(performance.now() - started)} ms`);

  const before = await configMapLists(api);
  const seen = watchConfigMaps(cluster, { namespace: 'default', labelSelector: 't=many' });
  await until('the list', async () => seen.values.size === COUNT || undefined);
  assert.equal((await configMapLists(api)) - before, 3);
  assert.equal(seen.lists, 1);

  await cluster.delete(CORE.configMaps, 'many-7', 'default');
  await until('the deletion', async () => seen.values.size === COUNT - 1 || undefined);
  assert.equal(seen.lists, 1);
  seen.stop();
});
