import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Redis } from 'ioredis';
import type { ConfigMap } from '#crds/schema/kinds.ts';
import { missingHelm } from '#test/support/helm.ts';
import { freePort, until } from '#test/support/program.ts';
import { NO_VALKEY, VALKEY } from '#test/support/valkey-binary.ts';
import { renderObjects, workload } from './matrix.ts';

/** The command and the configuration of the chart's Valkey, run here: same script, other folders and another port. */

const skip = (await missingHelm()) || NO_VALKEY;
const PASSWORD = 'a"b\\c$d `e` \'f';

test('Valkey starts with the password of the Secret, shows it to no process list, and keeps what it was told', {
  skip,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sso-chart-valkey-'));
  const port = await freePort();
  const script = await prepare(folder, port);
  const env = { PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}` };
  const run = () => spawn('sh', ['-c', script], { env, stdio: 'ignore' });
  let server = run();
  const connect = () => new Redis({ port, password: PASSWORD, maxRetriesPerRequest: null });
  const client = connect();
  client.on('error', () => undefined);
  try {
    assert.equal(await client.ping(), 'PONG');
    assert.deepEqual(await client.config('GET', 'maxmemory-policy'), ['maxmemory-policy', 'noeviction']);
    assert.deepEqual(await client.config('GET', 'maxmemory'), ['maxmemory', String(192 * 1024 * 1024)]);
    const stranger = new Redis({ port, lazyConnect: true, retryStrategy: () => null });
    stranger.on('error', () => undefined);
    await assert.rejects(stranger.get('x'), /NOAUTH/);
    stranger.disconnect();
    // `exec`: the shell is the server now, so that it gets the signals.
    const shown = await readFile(`/proc/${server.pid}/cmdline`, 'utf8');
    assert.match(shown, /valkey-server/);
    assert.ok(!shown.includes('a"b'), shown);
    await client.set('kept', 'yes');
    server.kill('SIGTERM');
    await once(server, 'exit');
    server = run();
    assert.equal(await until('the key', async () => (await client.get('kept')) ?? undefined), 'yes');
  } finally {
    client.disconnect();
    server.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  }
});

async function prepare(folder: string, port: number): Promise<string> {
  const objects = await renderObjects();
  const config = objects.find(
    ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'sso-valkey',
  ) as ConfigMap;
  for (const name of ['bin', 'etc', 'store', 'data']) await mkdir(join(folder, name));
  await symlink(VALKEY, join(folder, 'bin', 'valkey-server'));
  await writeFile(join(folder, 'store', 'password'), PASSWORD);
  const here = (config.data?.['valkey.conf'] ?? '')
    .replace('port 6379', `port ${port}`)
    .replace('bind * -::*', 'bind 127.0.0.1')
    .replace('dir /data', `dir ${join(folder, 'data')}`);
  await writeFile(join(folder, 'etc', 'valkey.conf'), here);
  const [shell, option, script] = workload(objects, 'sso-valkey').spec.template.spec.containers[0]?.command ?? [];
  assert.deepEqual([shell, option], ['sh', '-c']);
  return (script ?? '')
    .replaceAll('/etc/valkey', join(folder, 'etc'))
    .replaceAll('/etc/sso/store', join(folder, 'store'));
}
