import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parseStoreAddress, type StoreSettings } from '#idp/storage/address.ts';
import { openStores, type Stores } from '#idp/storage/index.ts';
import { until } from '#test/support/program.ts';
import { startValkey, type Valkey } from '#test/support/valkey.ts';
import { NO_VALKEY } from '#test/support/valkey-binary.ts';
import { startValkeyCluster } from '#test/support/valkey-sets.ts';
import { conforms } from './conformance.ts';

/** Volatile and durable data are two stores; durable data goes only where it is kept. */

function settings(address: string, more: Partial<StoreSettings> = {}): StoreSettings {
  const files = { passwordFile: undefined, sentinelPasswordFile: undefined, caFile: undefined };
  return { ...files, waitReplicas: 0, ...more, address: parseStoreAddress(address) };
}

interface Opened extends AsyncDisposable {
  stores: Stores;
  /** undefined: accepted. */
  verdicts: (string | undefined)[];
}

async function open(durable: StoreSettings, now = Date.now): Promise<Opened> {
  const verdicts: (string | undefined)[] = [];
  const watcher = { changed() {}, failed() {} };
  const stores = await openStores(
    { volatile: settings('memory'), durable },
    {
      now,
      random: Math.random,
      volatileWatcher: watcher,
      durableWatcher: { ...watcher, judged: refusal => void verdicts.push(refusal) },
    },
  );
  return { stores, verdicts, [Symbol.asyncDispose]: () => stores.close() };
}

const address = (server: Valkey): string => `redis://127.0.0.1:${server.port}`;

conforms('the durable store in a file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sso-durable-'));
  let seconds = 1_000_000;
  const { stores } = await open(settings(`sqlite:${join(folder, 'durable.db')}`), () => seconds * 1000);
  const store = stores.durable.current() ?? assert.fail();
  return {
    here: store,
    there: store,
    pass: more => void (seconds += more),
    async close() {
      await stores.close();
      await rm(folder, { recursive: true });
    },
  };
});

test('without a durable store there is none', async () => {
  const watcher = { changed() {}, failed() {}, judged() {} };
  const needs = { now: Date.now, random: Math.random, volatileWatcher: watcher, durableWatcher: watcher };
  const stores = await openStores({ volatile: settings('memory'), durable: undefined }, needs);
  assert.equal(stores.durable.current(), undefined);
  await stores.close();
});

describe('durable data on Valkey', { skip: NO_VALKEY }, () => {
  test('a server that keeps its data is accepted, and what is written there begins with a prefix of its own', async () => {
    await using server = await startValkey();
    await using opened = await open(settings(address(server)));
    const { durable } = opened.stores;
    const store = await until('it is accepted', () => Promise.resolve(durable.current()));
    await store.write('t/Consent/x', {}, { ttl: 60 });
    assert.deepEqual(await server.ask('KEYS', '*'), ['sso-durable:{t}:r:Consent/x']);
    assert.deepEqual(opened.verdicts, [undefined]);
  });

  for (const [name, start, reason] of [
    ['without an append-only file', { keeps: false }, /append-only persistence is off/],
    ['that may evict', { settings: { 'maxmemory-policy': 'allkeys-lru' } }, /maxmemory-policy is not noeviction/],
  ] as const)
    test(`a server ${name} is refused with the reason, and nothing is offered`, async () => {
      await using server = await startValkey(start);
      await using opened = await open(settings(address(server)));
      const refusal = await until('the verdict', () => Promise.resolve(opened.verdicts[0]));
      assert.match(refusal, reason);
      assert.equal(opened.stores.durable.current(), undefined);
    });

  test('whoever comes back without persistence is refused from then on', async () => {
    await using server = await startValkey();
    await using opened = await open(settings(address(server)));
    await until('it is accepted', () => Promise.resolve(opened.stores.durable.current()));
    await server.ask('CONFIG', 'SET', 'appendonly', 'no');
    await server.ask('CLIENT', 'KILL', 'TYPE', 'normal');
    await until('it is refused', () => Promise.resolve(opened.stores.durable.current() === undefined || undefined));
    assert.match(opened.verdicts.at(-1) ?? '', /append-only/);
    await server.ask('CONFIG', 'SET', 'appendonly', 'yes');
    await server.ask('CLIENT', 'KILL', 'TYPE', 'normal');
    await until('it is accepted again', () => Promise.resolve(opened.stores.durable.current()));
  });

  test('of a Cluster every master has to keep its data', async () => {
    await using cluster = await startValkeyCluster();
    await cluster.masters[1]?.ask('CONFIG', 'SET', 'maxmemory-policy', 'volatile-ttl');
    await using opened = await open(settings(cluster.address));
    assert.match(await until('the verdict', () => Promise.resolve(opened.verdicts[0])), /noeviction/);
  });

  test('a user who may not ask is told which right is missing', async () => {
    await using server = await startValkey();
    await server.ask('ACL', 'SETUSER', 'idp', 'on', '>secret', '~*', '+@all', '-info');
    const folder = await mkdtemp(join(tmpdir(), 'sso-durable-'));
    const passwordFile = join(folder, 'password');
    await writeFile(passwordFile, 'secret');
    await using opened = await open(settings(`redis://idp@127.0.0.1:${server.port}`, { passwordFile }));
    const refusal = await until('the verdict', () => Promise.resolve(opened.verdicts[0]));
    assert.match(refusal, /command INFO/);
    await rm(folder, { recursive: true });
  });
});
