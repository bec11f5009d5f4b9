import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { makeApp } from '#image/app.ts';
import { packImage } from '#image/archive.ts';
import { APP, COMMAND, ENVIRONMENT, INSTALL, LOCK, NODE, SOURCES, USER } from '#image/contents.ts';
import { run } from '#image/run.ts';
import { ask } from '#test/idp/web/wire.ts';
import { freePort, ROOT, until } from '#test/support/program.ts';

/** The image: the Dockerfile and the tree without Docker are one list, and the tree runs where nothing may be written. */

const IS_ROOT = process.getuid?.() === 0;
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sso-image-test-'));
  await chmod(folder, 0o755);
});
after(() => rm(folder, { recursive: true, force: true }));

/** Instructions as [name, rest], continued lines joined. */
async function dockerfile(): Promise<string[][]> {
  const text = await readFile(join(ROOT, 'Dockerfile'), 'utf8');
  const lines = text.replaceAll(/\\\n\s*/g, '').split('\n');
  return lines.filter(line => /^[A-Z]+ /.test(line)).map(line => [...(/^(\w+) (.*)$/.exec(line) ?? [])].slice(1));
}

test('the Dockerfile copies, installs and sets what the table of the image says', async () => {
  const all = await dockerfile();
  const rests = (name: string): string[] => all.filter(([each]) => each === name).map(([, rest = '']) => rest);
  const sources = SOURCES.map(name => `${name} ${name === 'LICENSE' ? './' : name}`);
  assert.deepEqual(rests('COPY'), [
    `${LOCK.join(' ')} ./`,
    ...sources,
    'image /image',
    `--from=build /${NODE} /${NODE}`,
    `--from=build /${APP} /${APP}`,
  ]);
  assert.deepEqual(rests('RUN'), [`npm ${INSTALL.join(' ')}`, `node /image/finish.ts /${APP}`]);
  assert.deepEqual(rests('ENV'), [
    Object.entries(ENVIRONMENT)
      .map(pair => pair.join('='))
      .join(' '),
  ]);
  assert.deepEqual(rests('USER'), [`${USER}:${USER}`]);
  assert.deepEqual(
    rests('CMD').map(text => JSON.parse(text)),
    [COMMAND],
  );
  for (const image of rests('ARG')) assert.match(image, /@sha256:[0-9a-f]{64}$/);
  const { dependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  assert.match(rests('ARG')[0] ?? '', new RegExp(`=node:${dependencies.node}-`));
});

test('the build sees nothing but what it copies', async () => {
  const lines = (await readFile(join(ROOT, '.dockerignore'), 'utf8')).split('\n').filter(line => /^[^#]/.test(line));
  assert.deepEqual(lines, ['*', ...[...LOCK, ...SOURCES, 'image'].map(name => `!${name}`)]);
});

test('the same files give the same archive, and its digests are true', async () => {
  const root = join(folder, 'small');
  await mkdir(root);
  await writeFile(join(root, 'hello'), 'hello');
  const config = { name: 'a:b', command: COMMAND, environment: ENVIRONMENT, user: USER, directory: '/' };
  await packImage(root, join(folder, '1.tar'), config);
  await writeFile(join(root, 'hello'), 'hello');
  await packImage(root, join(folder, '2.tar'), config);
  assert.deepEqual(await readFile(join(folder, '1.tar')), await readFile(join(folder, '2.tar')));
  const unpacked = join(folder, 'unpacked');
  await mkdir(unpacked);
  await run('tar', ['-xf', join(folder, '1.tar')], unpacked);
  const sums = await run('sha256sum', await readdir(unpacked), unpacked);
  for (const [, sum, name = ''] of sums.matchAll(/^(\w+) +([^.\n]+)\./gm))
    if (name !== 'manifest') assert.equal(sum, name);
});

test('the tree starts where nothing may be written, from its compile cache and without tests or a second Node', async () => {
  const target = join(folder, 'tree');
  await makeApp({ root: ROOT, target, node: process.execPath, isWhole: false });
  const app = join(target, APP);
  const held = await readdir(app);
  assert.deepEqual(held.sort(), [...LOCK, ...SOURCES, '.compile-cache', 'node_modules'].sort());
  const modules = await readdir(join(app, 'node_modules'));
  for (const name of ['typescript', 'playwright-core', 'samlify', 'knip']) assert.ok(!modules.includes(name), name);
  assert.deepEqual(await readdir(join(app, 'node_modules', 'node')), [
    'README.md',
    'installArchSpecificPackage.js',
    'package.json',
  ]);
  await run('chmod', ['-R', 'a+rX,a-w', target], folder);
  const [configuration, adminPort] = [join(folder, 'configuration'), await freePort()];
  await mkdir(configuration, { mode: 0o777 });
  await chmod(configuration, 0o777);
  const printed: string[] = [];
  const child = spawn(join(target, NODE), ['idp/main.ts'], {
    cwd: app,
    env: {
      ...ENVIRONMENT,
      NODE_COMPILE_CACHE: join(app, '.compile-cache'),
      NODE_DEBUG_NATIVE: 'COMPILE_CACHE',
      SSO_SOURCE: `folder:${configuration}`,
      SSO_LISTEN: '127.0.0.1',
      SSO_HTTPS_PORT: '0',
      SSO_ADMIN_PORT: String(adminPort),
    },
    // Root may write anywhere; and the compile cache is that of the image's user.
    ...(IS_ROOT && { uid: USER, gid: USER }),
  });
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => printed.push(String(chunk)));
  const ready = async () =>
    (await ask({ port: 0, plainPort: adminPort, ca: '' }, { path: '/readyz' })).status === 200 || undefined;
  await until('it is ready', ready).catch(error => assert.fail(`${error}\n${printed.join('').slice(-2000)}`));
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
  const text = printed.join('');
  const count = (pattern: RegExp): number => text.match(pattern)?.length ?? 0;
  if (IS_ROOT) assert.ok(count(/ was accepted/g) > 300, `${count(/ was accepted/g)} modules came from the cache`);
  if (IS_ROOT) assert.equal(count(/ was rejected|writing cache/g), 0);
  await run('chmod', ['-R', 'u+w', target], folder);
});
