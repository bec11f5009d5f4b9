import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ANNOTATIONS } from '#crds/schema/group.ts';
import type { ConfigMap, Secret } from '#crds/schema/kinds.ts';
import { Configuration } from '#idp/tenants/configuration.ts';
import { folderLease, folderSource } from '#idp/tenants/source-folder.ts';
import { until } from '#test/support/program.ts';
import { makeTenant, type Pair } from './fixture.ts';

interface Bench extends AsyncDisposable {
  directory: string;
  configuration: Configuration;
  errors: unknown[];
  write(pair: Pair): Promise<void>;
  drop(pair: Pair): Promise<void>;
  shows(host: string, name: string | undefined): Promise<void>;
}

const folderOf = (object: ConfigMap | Secret): string => `${object.kind.toLowerCase()}s`;

async function startBench(pairs: Pair[], rescanMs: number): Promise<Bench> {
  const directory = await mkdtemp(join(tmpdir(), 'sso-folder-'));
  await mkdir(join(directory, 'configmaps'));
  const stop = new AbortController();
  const errors: unknown[] = [];
  const configuration = new Configuration({
    clock: Date.now,
    schedule: setImmediate,
    onProblem: () => undefined,
    onChange: () => undefined,
  });
  const bench: Bench = {
    directory,
    configuration,
    errors,
    write: pair => each(pair, object => put(directory, object)),
    drop: pair => each(pair, object => rm(join(directory, folderOf(object), `${object.metadata.name}.json`))),
    shows: async (host, name) =>
      void (await until(
        `${host} shows ${name}`,
        async () => {
          const shown = configuration.registry.current().byHost.get(host)?.document.displayName;
          return configuration.isLoaded && shown === name ? true : undefined;
        },
        5,
      )),
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await rm(directory, { recursive: true });
    },
  };
  for (const pair of pairs) await bench.write(pair);
  folderSource(directory, { onError: error => errors.push(error), rescanMs })(configuration.sinks, stop.signal);
  return bench;
}

async function each(pair: Pair, act: (object: ConfigMap | Secret) => Promise<void>): Promise<void> {
  for (const object of [...pair.secrets, pair.configMap]) await act(object);
}

async function put(directory: string, object: ConfigMap | Secret): Promise<void> {
  const folder = join(directory, folderOf(object));
  await mkdir(folder, { recursive: true });
  await writeFile(join(directory, 'draft'), JSON.stringify(object));
  await rename(join(directory, 'draft'), join(folder, `${object.metadata.name}.json`));
}

for (const [how, rescanMs] of [
  ['fs.watch', 3_600_000],
  ['the rescan', 50],
] as const)
  test(`files are followed by ${how}: made, changed and removed`, async () => {
    const acme = makeTenant('acme');
    await using bench = await startBench([acme], rescanMs);
    await bench.shows('acme.localhost', 'acme');
    await bench.write(makeTenant('globex'));
    await bench.shows('globex.localhost', 'globex');
    await bench.write(makeTenant('acme', { displayName: 'Acme Ltd' }));
    await bench.shows('acme.localhost', 'Acme Ltd');
    await bench.drop(acme);
    await bench.shows('acme.localhost', undefined);
    assert.deepEqual(bench.errors, []);
  });

test('a file that is no JSON is told by its path, once; its last good state and all others serve', async () => {
  const acme = makeTenant('acme');
  await using bench = await startBench([acme], 20);
  await bench.shows('acme.localhost', 'acme');
  await writeFile(join(bench.directory, 'draft'), '{"hunter2');
  await rename(
    join(bench.directory, 'draft'),
    join(bench.directory, 'configmaps', `${acme.configMap.metadata.name}.json`),
  );
  await bench.write(makeTenant('globex'));
  await bench.shows('globex.localhost', 'globex');
  await bench.shows('acme.localhost', 'acme');
  assert.equal(bench.errors.length, 1);
  assert.match(String(bench.errors[0]), /sso-t-uid-acme\.json is not a ConfigMap/);
});

test('an empty folder is a load too', async () => {
  await using bench = await startBench([], 3_600_000);
  await bench.shows('acme.localhost', undefined);
});

test('the acknowledgement is one whole file', async () => {
  await using bench = await startBench([], 3_600_000);
  const lease = folderLease(bench.directory, { namespace: 'sso-idp', podName: 'local' });
  assert.equal(await lease.isThere(), false);
  await lease.write({ format: 1, configMaps: '7', secrets: '8', rejected: [], rejectedMore: false });
  assert.equal(await lease.isThere(), true);
  const written = JSON.parse(await readFile(join(bench.directory, 'leases', 'local.json'), 'utf8')) as ConfigMap;
  const said = JSON.parse(written.metadata.annotations?.[ANNOTATIONS.loaded] ?? '') as unknown;
  assert.deepEqual(
    [written.kind, said],
    ['Lease', { format: 1, configMaps: '7', secrets: '8', rejected: [], rejectedMore: false }],
  );
});
