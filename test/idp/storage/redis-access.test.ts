import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { makeCa } from '#test/support/certificate.ts';
import { until } from '#test/support/program.ts';
import { openSharedStore } from '#test/support/redis-store.ts';
import { openRelay } from '#test/support/relay.ts';
import { startValkey, type Valkey } from '#test/support/valkey.ts';
import { NO_VALKEY } from '#test/support/valkey-binary.ts';

/** Passwords and TLS, and how a consume waits for replicas. */

const HOUR = { ttl: 3600 };

describe('the way to the servers', { skip: NO_VALKEY }, () => {
  let folder: string;
  let server: Valkey;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sso-access-'));
    server = await startValkey({ settings: { requirepass: 'open-sesame' } });
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  test('a wrong password is named in the reason and never told; the right one counts once it is in the file', async () => {
    const passwordFile = join(folder, 'password');
    await writeFile(passwordFile, 'hunter2\n');
    const reasons: string[] = [];
    const watcher = {
      changed: (state: { isUp: boolean; reason?: string }) => void (state.reason && reasons.push(state.reason)),
      failed: (reason: string) => void reasons.push(reason),
    };
    await using store = openSharedStore(`redis://127.0.0.1:${server.port}`, { passwordFile, watcher });
    await assert.rejects(store.read('t/k'), (error: Error) => !String(error.stack).includes('hunter2'));
    assert.deepEqual(new Set(reasons), new Set(['WRONGPASS']));
    await writeFile(passwordFile, 'open-sesame');
    await until('the new password', async () =>
      (await store.write('t/k', {}, HOUR)) === 'written' ? true : undefined,
    );
  });

  test('a file that is not there is said at the start', () => {
    const open = () => openSharedStore('redis://127.0.0.1:1', { passwordFile: join(folder, 'nothing') });
    assert.throws(open, /cannot read .*nothing/);
  });

  test('TLS: the authority of the file is believed, and nobody without it', async () => {
    const ca = await makeCa();
    const caFile = join(folder, 'ca.pem');
    const passwordFile = join(folder, 'right');
    await writeFile(caFile, ca.ca);
    await writeFile(passwordFile, 'open-sesame');
    await using relay = await openRelay(server.port, await ca.issue(['localhost']));
    const address = `rediss://localhost:${relay.port}`;
    await using store = openSharedStore(address, { passwordFile, caFile });
    assert.equal(await store.write('t/k', {}, HOUR), 'written');
    await using stranger = openSharedStore(address, { passwordFile });
    await assert.rejects(stranger.read('t/k'), (error: Error) => /CERT|ISSUER|VERIFY/.test(String(error.cause)));
    await using wrongName = openSharedStore(`rediss://127.0.0.1:${relay.port}`, { passwordFile, caFile });
    await assert.rejects(wrongName.read('t/k'), (error: Error) => /ALTNAME/.test(String(error.cause)));
  });
});

test('with WAIT a code counts as consumed only when a replica has it', { skip: NO_VALKEY }, async () => {
  await using master = await startValkey();
  await using store = openSharedStore(`redis://127.0.0.1:${master.port}`, { waitReplicas: 1 });
  await store.write('t/alone', {}, HOUR);
  await assert.rejects(store.consume('t/alone', 7), /does not answer/);
  await using replica = await startValkey({ settings: { replicaof: `127.0.0.1 ${master.port}` } });
  await until('the replica follows', async () => {
    const info = await replica.ask<string>('INFO', 'replication');
    return info.includes('master_link_status:up') ? true : undefined;
  });
  await store.write('t/k', {}, HOUR);
  assert.equal(await store.consume('t/k', 7), 'consumed');
  assert.equal(await replica.ask('HGET', 'sso:{t}:r:k', 'consumed'), '7');
  assert.equal(await store.consume('t/k', 8), 'already');
  assert.equal(await store.consume('t/alone', 8), 'already', 'who was refused before did use it');
});
