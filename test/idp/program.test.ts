import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { makeClient, makeTenant } from '#test/idp/tenants/fixture.ts';
import { ask } from '#test/idp/web/wire.ts';
import { makeCa, type TestCa } from '#test/support/certificate.ts';
import { createPerson } from '#test/support/person.ts';
import { freePort, type Program, startProgram, until } from '#test/support/program.ts';

/** The identity provider as a program of its own, on a folder. */

describe('the program', () => {
  let folder: string;
  let ca: TestCa;
  let program: Program;
  let ports: { port: number; adminPort: number };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sso-program-'));
    ca = await makeCa();
    ports = { port: await freePort(), adminPort: await freePort() };
    const issuer = `https://acme.localhost:${ports.port}`;
    const tenant = makeTenant('acme', { issuer, certificatePem: await ca.issue(['acme.localhost']) });
    const client = makeClient('uid-acme', 'wiki');
    for (const object of [tenant, client].flatMap(pair => [pair.configMap, ...pair.secrets])) {
      const place = join(folder, `${object.kind.toLowerCase()}s`);
      await mkdir(place, { recursive: true });
      await writeFile(join(place, `${object.metadata.name}.json`), JSON.stringify(object));
    }
    program = startProgram(['idp/main.ts'], {
      SSO_SOURCE: `folder:${folder}`,
      SSO_LISTEN: '127.0.0.1',
      SSO_HTTPS_PORT: String(ports.port),
      SSO_ADMIN_PORT: String(ports.adminPort),
      SSO_PUBLIC_PORT: String(ports.port),
      SSO_STORE: `sqlite:${join(folder, 'store.sqlite')}`,
      SSO_LOG_LEVEL: 'error',
    });
    await until('ready', async () => ((await admin('/readyz')).status === 200 ? true : undefined));
  });
  after(async () => {
    await program.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const admin = (path: string) => ask({ port: 0, plainPort: ports.adminPort, ca: '' }, { path });

  test('health, readiness and metrics are on the admin port, and nowhere else', async () => {
    assert.equal((await admin('/healthz')).status, 200);
    const { headers, body } = await admin('/metrics');
    assert.match(String(headers['content-type']), /^text\/plain/);
    assert.match(body, /^sso_tenants 1$/m);
    assert.match(body, /^sso_clients 1$/m);
    const person = createPerson({ ca: ca.ca });
    for (const path of ['/metrics', '/healthz', '/readyz'])
      assert.equal((await person.open(`https://acme.localhost:${ports.port}${path}`)).status, 404);
    assert.equal((await admin('/')).status, 404);
  });

  test('a sign-in that failed is an audit line at any log level, without the name or the password', async () => {
    const person = createPerson({ ca: ca.ca });
    const wish = new URLSearchParams({
      client_id: 'apps.wiki',
      response_type: 'code',
      scope: 'openid',
      redirect_uri: 'https://wiki.example/cb',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    });
    const page = await person.open(`https://acme.localhost:${ports.port}/auth?${wish.toString()}`);
    await person.submit(page, { username: 'somebody', password: 'hunter2' });
    const line = await until('the audit line', async () => /^.*"stream":"audit".*$/m.exec(program.output())?.[0]);
    const event = JSON.parse(line) as Record<string, unknown>;
    assert.deepEqual(
      [event.event, event.outcome, event.reason, event.tenant, event.clientId],
      ['sign-in', 'failure', 'wrong', 'team-acme/acme', 'apps.wiki'],
    );
    assert.doesNotMatch(program.output(), /somebody|hunter2/);
    assert.match(
      (await admin('/metrics')).body,
      /sso_login_total\{tenant="team-acme\/acme",method="password",outcome="wrong"\} 1/,
    );
  });

  test('SIGTERM ends it with exit code 0', async () => {
    assert.equal(await program.stop(), 0);
  });
});

test('a setting that is not usable ends it with exit code 1 and the name of the setting', async () => {
  const program = startProgram(['idp/main.ts'], { SSO_SOURCE: 'folder:/nowhere', SSO_HTTPS_PORT: 'many' });
  await program.exited;
  assert.match(program.output(), /SSO_HTTPS_PORT/);
  assert.equal(await program.stop(), 1);
});
