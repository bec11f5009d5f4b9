import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { packImage } from '#image/archive.ts';
import { makeBase } from '#image/base.ts';
import { USER } from '#image/contents.ts';
import { NO_VALKEY, VALKEY } from '../valkey-binary.ts';

/**
 * An image with what the chart asks of Valkey's (`valkey-server`, `sh`, `sed`), for machines that reach no image registry:
 * `node test/support/pods/valkey-image.ts FILE NAME:TAG`. The server is the one that the other tests run.
 */

const [file = 'valkey.tar', name = 'valkey:test'] = process.argv.slice(2);
if (NO_VALKEY !== false) throw new Error(NO_VALKEY);
const root = await mkdtemp(join(tmpdir(), 'sso-valkey-image-'));
try {
  await makeBase(root, ['busybox-static']);
  for (const tool of ['sh', 'sed']) await symlink('busybox', join(root, 'bin', tool));
  await mkdir(join(root, 'usr', 'local', 'bin'), { recursive: true });
  await cp(VALKEY, join(root, 'usr', 'local', 'bin', 'valkey-server'));
  await packImage(root, resolve(file), {
    name,
    command: ['valkey-server'],
    environment: {},
    user: USER,
    directory: '/data',
  });
} finally {
  await rm(root, { recursive: true, force: true });
}
