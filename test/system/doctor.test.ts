import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { sso } from '#test/operator/cli/sso.ts';
import { type LocalMode, startLocalMode } from '#test/support/local-mode.ts';

/** `sso doctor`, as people call it, against the product without a cluster. */

let mode: LocalMode;
let caFile: string;
before(async () => {
  mode = await startLocalMode();
  caFile = join(mode.state, 'ca.pem');
  await writeFile(caFile, mode.ca);
});
after(() => mode[Symbol.asyncDispose]());

const GOLDEN = join(import.meta.dirname, 'golden', 'doctor.txt');

test('all is well with a tenant of the quickstart, and it is said so that one can read it', async t => {
  const { code, out } = await sso(['doctor', 'acme.localhost', '--port', String(mode.port), '--ca', caFile]);
  const steady = out
    .replaceAll(String(mode.port), '8443')
    .replaceAll(/\d{4}-\d\d-\d\d/g, '2027-01-01')
    .replaceAll(/\d+ ms/g, '1 ms');
  t.assert.fileSnapshot(steady, GOLDEN, { serializers: [String] });
  assert.equal(code, 0);
});

test('a name that is not served is told from one that is, also as JSON', async () => {
  const args = ['doctor', 'nobody.localhost', '--port', String(mode.port), '--ca', caFile, '--output', 'json'];
  const { code, out } = await sso(args);
  const { exit, steps } = JSON.parse(out) as {
    exit: number;
    steps: { title: string; findings: { message: string }[] }[];
  };
  assert.deepEqual([code, exit], [13, 13]);
  const certificate = steps.find(({ title }) => title === 'Certificate');
  assert.match(certificate?.findings[0]?.message ?? '', /does not serve this name/);
});

test('without --ca the development CA is not trusted, and TLS is examined all the same', async () => {
  const { code, out } = await sso(['doctor', 'globex.localhost', '--port', String(mode.port)]);
  assert.equal(code, 13);
  assert.match(out, /FAILED +No trusted root stands behind CN=sso-operator development CA/);
  assert.match(out, /ok +Exactly profile Strict\./);
});

test('what cannot be asked is refused before anything is dialled', async () => {
  for (const [args, said] of [
    [[], /name one host/],
    [['a.example', 'b.example'], /name one host/],
    [['https://login.acme.example/'], /is more than a name/],
    [['login.acme.example:8443'], /the port as --port/],
    [['192.0.2.1'], /--target/],
    [['-.example'], /no host name|Unknown option/],
    [['a.example', '--port', 'http'], /http is not a port/],
    [['a.example', '--profile', 'Old'], /--profile is Strict or BestPractices/],
    [['a.example', '--output', 'xml'], /--output is text or json/],
    [['a.example', '--resolver', 'dns.example'], /--resolver: dns\.example is no address/],
    [['a.example', '--ca', '/no/such/file'], /--ca: \/no\/such\/file cannot be read/],
  ] as const) {
    const { code, err } = await sso(['doctor', ...args]);
    assert.equal(code, 2, err);
    assert.match(err, said);
  }
});
