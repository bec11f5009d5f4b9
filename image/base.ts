import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { USER } from './contents.ts';
import { run } from './run.ts';

/**
 * The floor under the programs: what gcr.io/distroless/cc holds, put together from the packages of the Debian that this
 * runs on. No shell, no package manager, no other program. For machines that reach no image registry.
 */

const PACKAGES = ['base-files', 'netbase', 'tzdata', 'libc6', 'libgcc-s1', 'libstdc++6'];

const FILES = {
  'etc/passwd': `root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:${USER}:${USER}:nonroot:/home/nonroot:/sbin/nologin\n`,
  'etc/group': `root:x:0:\nnonroot:x:${USER}:\n`,
  'etc/nsswitch.conf': 'hosts: files dns\n',
} as const;

/** `target` is a root file system afterwards, with these packages, too. Wants apt-get and dpkg-deb. */
export async function makeBase(target: string, more: readonly string[] = []): Promise<void> {
  await mkdir(target, { recursive: true });
  const work = await mkdtemp(join(tmpdir(), 'sso-image-'));
  try {
    await run('apt-get', ['download', ...PACKAGES, ...more], work);
    for (const file of await readdir(work)) await run('dpkg-deb', ['-x', join(work, file), target], work);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  for (const name of ['etc', 'tmp', 'home/nonroot']) await mkdir(join(target, name), { recursive: true });
  for (const [name, text] of Object.entries(FILES)) await writeFile(join(target, name), text);
}
