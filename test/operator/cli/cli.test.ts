import assert from 'node:assert/strict';
import { argon2Sync } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { usersFile } from '#crds/schema/live-config.ts';
import { parsePhc } from '#crds/shared/pure/phc.ts';
import { trustLines } from '#operator/cli/trust.ts';
import { sso } from './sso.ts';

const QUICKSTART = 'crds/examples/quickstart';
const GOLDEN = join(import.meta.dirname, 'golden');

async function folder(t: { after(fn: () => Promise<void>): void }): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sso-cli-'));
  t.after(() => rm(directory, { recursive: true }));
  return directory;
}

test('without a command, with --help and with a wrong command it says what there is', async t => {
  const overview = await sso([]);
  assert.equal(overview.code, 0);
  t.assert.fileSnapshot(overview.out, join(GOLDEN, 'overview.txt'), { serializers: [String] });
  const help = await sso(['dev', '--help']);
  t.assert.fileSnapshot(help.out, join(GOLDEN, 'dev-help.txt'), { serializers: [String] });
  const wrong = await sso(['serve']);
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /^sso: there is no command serve\n/);
  const option = await sso(['validate', '--fast', QUICKSTART]);
  assert.equal(option.code, 2);
  assert.match(option.err, /--fast/);
});

test('the quickstart is valid', async () => {
  const { code, out, err } = await sso(['validate', QUICKSTART]);
  assert.deepEqual({ code, out, err }, { code: 0, out: '', err: '12 objects good, 0 problems\n' });
});

test('the example behind an ingress is valid', async () => {
  const { code, out, err } = await sso(['validate', 'crds/examples/ingress']);
  assert.deepEqual({ code, out, err }, { code: 0, out: '', err: '4 objects good, 0 problems\n' });
});

test('the example of a machine is valid', async () => {
  const { code, out, err } = await sso(['validate', 'crds/examples/machine']);
  assert.deepEqual({ code, out, err }, { code: 0, out: '', err: '1 object good, 0 problems\n' });
});

test('validate names file, line and column of every problem and exits with 1', async t => {
  const directory = await folder(t);
  await cp(QUICKSTART, directory, { recursive: true });
  const globex = join(directory, 'globex.yaml');
  const text = await readFile(globex, 'utf8');
  await writeFile(globex, text.replace('type: Public', 'type: public').replace('lifetime: 8h', 'lifetime: 8 hours'));
  await writeFile(join(directory, 'broken.yaml'), 'kind: [\n');
  const { code, out } = await sso(['validate', directory]);
  assert.equal(code, 1);
  const lines = out.trimEnd().split('\n');
  assert.equal(lines.length, 3, out);
  assert.match(lines[0] ?? '', /broken\.yaml:\d+:\d+: /);
  assert.match(lines[1] ?? '', /globex\.yaml:\d+:15: spec\.sessions\.lifetime: /);
  assert.match(lines[2] ?? '', /globex\.yaml:\d+:9: spec\.type: /);
  const one = await sso(['validate', join(directory, 'acme.yaml')]);
  assert.equal(one.code, 0);
  assert.equal((await sso(['validate', join(directory, 'nothing')])).code, 2);
});

test('render of the quickstart is the same in every run, and holds no value of a Secret', async t => {
  const [first, second] = await Promise.all([sso(['render', QUICKSTART]), sso(['render', QUICKSTART])]);
  assert.equal(first.code, 0, first.err);
  assert.equal(first.out, second.out);
  assert.doesNotMatch(first.out, /argon2id|PRIVATE KEY|BEGIN CERTIFICATE/);
  t.assert.fileSnapshot(first.out, join(GOLDEN, 'render-quickstart.yaml'), { serializers: [String] });
});

const SAML_APP = `apiVersion: sso-operator.dev/v1alpha1
kind: SamlClient
metadata: {name: wiki, namespace: acme}
spec:
  tenantRef: {name: acme}
  entityId: https://wiki.localhost
  assertionConsumerServices: [{url: https://wiki.localhost/acs}]
  access: {everyone: true}
`;

test('a SamlClient beside the quickstart is checked and rendered, the same in every run', async t => {
  const directory = await folder(t);
  await cp(QUICKSTART, directory, { recursive: true });
  const tenant = /kind: SsoTenant\nmetadata:\s*\{?\s*name: acme,? *\n? *namespace: ([-a-z]+)/.exec(
    await readFile(join(directory, 'acme.yaml'), 'utf8'),
  );
  const file = join(directory, 'wiki.yaml');
  await writeFile(file, SAML_APP.replace('namespace: acme', `namespace: ${tenant?.[1] ?? 'acme'}`));
  assert.match((await sso(['validate', directory])).err, /^13 objects good, 0 problems/);
  const [first, second] = await Promise.all([sso(['render', directory]), sso(['render', directory])]);
  assert.equal(first.out, second.out);
  assert.match(first.out, /name: wiki-saml/);
  assert.match(first.out, /"protocol": "saml"/);
  assert.doesNotMatch(first.out, /PRIVATE KEY|BEGIN CERTIFICATE|EntityDescriptor/);
  await writeFile(
    file,
    (await readFile(file, 'utf8')).replace('https://wiki.localhost/acs', 'http://wiki.example/acs'),
  );
  const wrong = await sso(['validate', directory]);
  assert.equal(wrong.code, 1);
  assert.match(wrong.out, /wiki\.yaml:7:37: spec\.assertionConsumerServices\[0\]\.url: /);
});

test('render of a broken folder says where and renders nothing', async t => {
  const directory = await folder(t);
  await writeFile(join(directory, 'broken.yaml'), 'kind: [\n');
  const { code, out, err } = await sso(['render', directory]);
  assert.deepEqual([code, out], [1, '']);
  assert.match(err, /broken\.yaml:\d+:\d+: /);
});

test('hash-password makes a PHC string that users.yaml takes and that fits the password', async () => {
  const { code, out } = await sso(['hash-password'], 'correct horse\n');
  assert.equal(code, 0);
  const password = out.trim();
  usersFile.parse({ users: [{ username: 'u', password }] });
  const hash = parsePhc(password);
  assert.ok(hash);
  const { salt, memory, passes, parallelism, tag } = hash;
  const again = (message: string): Buffer =>
    argon2Sync('argon2id', { message, nonce: salt, memory, passes, parallelism, tagLength: tag.length });
  assert.ok(again('correct horse').equals(tag));
  assert.ok(!again('correct horse\n').equals(tag));
  assert.equal((await sso(['hash-password'], '\n')).code, 2);
});

test('dev says which port is taken and what to do', async t => {
  const directory = await folder(t);
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const args = ['dev', QUICKSTART, '--state', directory, '--demo-port', '0'];
  const { code, err } = await sso([...args, '--port', String(port)]);
  assert.equal(code, 2);
  assert.match(err, new RegExp(`^sso: port ${port} on 127\\.0\\.0\\.1 is taken: .*--port`));
});

test('dev of no folder, and with a port that is none, is refused', async () => {
  assert.match((await sso(['dev', 'no/such/folder'])).err, /^sso: there is no folder no\/such\/folder/);
  assert.match((await sso(['dev', QUICKSTART, '--port', 'http'])).err, /^sso: http is not a port/);
});

test('dev trust makes the CA and prints the line that trusts it', async t => {
  const directory = await folder(t);
  const { code, out } = await sso(['dev', 'trust', '--state', directory]);
  assert.equal(code, 0);
  assert.ok(out.includes(join(directory, 'ca', 'ca.crt')));
  assert.match(await readFile(join(directory, 'ca', 'ca.crt'), 'utf8'), /BEGIN CERTIFICATE/);
  const again = await readFile(join(directory, 'ca', 'ca.crt'), 'utf8');
  await sso(['dev', 'trust', '--state', directory]);
  assert.equal(await readFile(join(directory, 'ca', 'ca.crt'), 'utf8'), again);
});

test('the trust lines quote the path for the shell', () => {
  assert.match(trustLines('darwin', "/a'b/ca.crt").join('\n'), /'\/a'\\''b\/ca\.crt'/);
  assert.match(trustLines('linux', '/x/ca.crt').join('\n'), /update-ca-certificates/);
  assert.match(trustLines('win32', 'C:\\ca.crt').join('\n'), /certutil .*"C:\\ca\.crt"/);
  assert.match(trustLines('aix', '/x/ca.crt').join('\n'), /certificate authorities/);
});
