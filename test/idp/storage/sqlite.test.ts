import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSqliteStore } from '#idp/storage/sqlite.ts';
import { StoreUnavailable } from '#idp/storage/store.ts';
import { conforms } from './conformance.ts';

async function withFolder<T>(work: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'sso-store-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

conforms('sqlite, two connections', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sso-store-'));
  let seconds = 1_000_000;
  const options = { path: join(folder, 'store.db'), now: () => seconds * 1000 };
  const [here, there] = [openSqliteStore(options), openSqliteStore(options)];
  return {
    here,
    there,
    pass(more) {
      seconds += more;
    },
    async close() {
      await Promise.all([here.close(), there.close()]);
      await rm(folder, { recursive: true });
    },
  };
});

test('three processes that consume and count on one file lose nothing', { timeout: 60_000 }, () =>
  withFolder(async folder => {
    const path = join(folder, 'store.db');
    const store = openSqliteStore({ path, now: Date.now });
    await store.write('counter', { n: 0 }, { ttl: 60 });
    for (let n = 0; n < 50; n++) await store.write(`code/${n}`, {}, { ttl: 60 });
    const worker = join(import.meta.dirname, 'sqlite-worker.ts');
    const children = Array.from({ length: 3 }, () =>
      spawn(process.execPath, [worker, path], { stdio: ['ignore', 'pipe', 'inherit'] }),
    );
    const wins = await Promise.all(children.map(async child => Number(await text(child.stdout))));
    assert.equal(
      wins.reduce((sum, won) => sum + won, 0),
      50,
    );
    assert.deepEqual((await store.read('counter'))?.value, { n: 150 });
    await store.close();
  }),
);

test('a session survives a process that is killed', () =>
  withFolder(async folder => {
    const path = join(folder, 'store.db');
    const script = `
      import { openSqliteStore } from '${join(import.meta.dirname, '../../../idp/storage/sqlite.ts')}';
      const store = openSqliteStore({ path: ${JSON.stringify(path)}, now: Date.now });
      await store.write('k', { who: 'alice' }, { ttl: 60 });
      process.kill(process.pid, 'SIGKILL');`;
    await writeFile(join(folder, 'victim.mts'), script);
    const child = spawn(process.execPath, [join(folder, 'victim.mts')], { stdio: 'inherit' });
    const [, signal] = await once(child, 'exit');
    assert.equal(signal, 'SIGKILL');
    const store = openSqliteStore({ path, now: Date.now });
    assert.deepEqual((await store.read('k'))?.value, { who: 'alice' });
    await store.close();
  }));

test('a file that stays locked is StoreUnavailable, not an empty answer', () =>
  withFolder(async folder => {
    const path = join(folder, 'store.db');
    const store = openSqliteStore({ path, now: Date.now, busyTimeout: 20 });
    const other = new DatabaseSync(path);
    other.exec('BEGIN EXCLUSIVE');
    await assert.rejects(store.write('k', { secret: 'hunter2' }, { ttl: 60 }), error => {
      assert.ok(error instanceof StoreUnavailable);
      assert.equal(error.retryAfter, 5);
      return !JSON.stringify([error.message, String(error.cause)]).includes('hunter2');
    });
    other.exec('ROLLBACK');
    assert.equal(await store.write('k', {}, { ttl: 60 }), 'written');
    other.close();
    await store.close();
  }));

test('a path that cannot be opened is StoreUnavailable', () => {
  assert.throws(() => openSqliteStore({ path: '/nowhere/at/all.db', now: Date.now }), StoreUnavailable);
});

test('the sweep takes what has expired out of the file', () =>
  withFolder(async folder => {
    const path = join(folder, 'store.db');
    const store = openSqliteStore({ path, now: Date.now, sweepEvery: 5 });
    await store.write('short', {}, { ttl: 0 });
    await store.write('long', {}, { ttl: 60 });
    await sleep(50);
    await store.close();
    const file = new DatabaseSync(path);
    assert.deepEqual(
      file
        .prepare('SELECT key FROM record')
        .all()
        .map(row => row['key']),
      ['long'],
    );
    file.close();
  }));
