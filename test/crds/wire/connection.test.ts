import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { inClusterConnection } from '#crds/wire/connection.ts';

test('a renewed service account token is in use a minute later', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'sso-operator-sa-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'ca.crt'), 'CA');
  await writeFile(join(folder, 'token'), 'one\n');
  let now = 0;
  const connection = await inClusterConnection({ host: 'fd00::1', port: '443', folder }, () => now);
  assert.equal(connection.server, 'https://[fd00::1]:443');
  assert.equal(connection.ca, 'CA');
  assert.equal(await connection.token(), 'one');
  await writeFile(join(folder, 'token'), 'two\n');
  now = 59_000;
  assert.equal(await connection.token(), 'one');
  now = 60_000;
  assert.equal(await connection.token(), 'two');
});
