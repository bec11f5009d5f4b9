import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ENDPOINTS } from '#crds/schema/endpoints.ts';
import { type LocalMode, signIn, startLocalMode } from '#test/support/local-mode.ts';
import { startProgram, until } from '#test/support/program.ts';

/** The no-cluster mode as people use it: the demo app is openid-client, the person fills in our pages. */

const ADA = { username: 'ada', password: 'analytical-engine' };
const GRACE = { username: 'grace', password: 'nanoseconds' };
const HEDY = { username: 'hedy', password: 'frequency-hopping' };
const WIKI = 'team-acme/wiki';
const REPORTS = 'analytics/reports';
const INTRANET = 'team-globex/intranet';

let mode: LocalMode;
before(async () => {
  mode = await startLocalMode();
});
after(() => mode[Symbol.asyncDispose]());

/** Everything printed after `mark`. */
const since = (mark: number): string => mode.program.output().slice(mark);
const mark = (): number => mode.program.output().length;

/** The authorization endpoint's verdict on a redirect URI of the wiki: 303 to the sign-in, or an error page. */
async function isAccepted(redirectUri: string): Promise<boolean> {
  const person = mode.person();
  const query = new URLSearchParams({
    client_id: 'team-acme.wiki',
    response_type: 'code',
    scope: 'openid',
    redirect_uri: redirectUri,
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  });
  const page = await person.open(`https://acme.localhost:${mode.port}${ENDPOINTS.authorization}?${query.toString()}`);
  return page.body.includes('name="password"');
}

test('the start prints addresses, the demo sign-in, the conditions and the line that trusts the CA', () => {
  const printed = mode.program.output();
  assert.match(printed, new RegExp(`Acme +https://acme\\.localhost:${mode.port} +sign in as ada / analytical-engine`));
  assert.match(printed, new RegExp(`Demo app +${mode.demoOrigin}`));
  for (const name of [
    'team-acme/acme',
    'team-globex/globex',
    'team-acme/wiki',
    'analytics/reports',
    'team-globex/intranet',
  ])
    assert.match(printed, new RegExp(`${name} +True +Succeeded`));
  assert.match(printed, /update-ca-certificates|add-trusted-cert/);
});

test('ada signs in to the wiki without consent, sees her claims, and signs out', async () => {
  const person = mode.person();
  const claims = await signIn(mode, person, { client: WIKI, ...ADA });
  assert.equal(claims.status, 200, claims.body);
  assert.match(claims.body, /Hello, Ada Lovelace/);
  assert.match(claims.body, /engineering, finance/);
  assert.ok(claims.body.includes(`https://acme.localhost:${mode.port}`));
  const question = await person.submit(claims);
  assert.match(question.body, /Sign out of Acme\?/);
  const home = await person.submit(question);
  assert.equal(home.url.origin, mode.demoOrigin);
  assert.doesNotMatch(home.body, /Ada Lovelace/);
  const again = await person.open(`${mode.demoOrigin}/sign-in?client=${WIKI}`);
  assert.match(again.body, /name="password"/);
});

test('a client in another namespace asks for consent, and turns away whoever is not in its group', async () => {
  const ada = mode.person();
  const consent = await signIn(mode, ada, { client: REPORTS, ...ADA });
  assert.match(consent.body, /Reports/);
  const claims = await ada.submit(consent, {}, 'consent');
  assert.match(claims.body, /Hello, Ada Lovelace/, `${claims.status}`);

  const refused = await signIn(mode, mode.person(), { client: REPORTS, ...GRACE });
  assert.doesNotMatch(refused.body, /Hello/);
  assert.match(refused.body, /not|denied|may not|access/i);
});

test('the other tenant has its own people: a public client signs hedy in and refuses ada', async () => {
  const hedy = mode.person();
  const consent = await signIn(mode, hedy, { client: INTRANET, ...HEDY });
  assert.match((await hedy.submit(consent, {}, 'consent')).body, /Hello, Hedy Lamarr/);
  const ada = await signIn(mode, mode.person(), { client: INTRANET, ...ADA });
  assert.match(ada.body, /name="password"/);
});

test('a saved redirect URI is live in under a second, the old one is refused from then on', async () => {
  const old = `${mode.demoOrigin}/callback`;
  const next = `${mode.demoOrigin}/elsewhere`;
  assert.equal(await isAccepted(old), true);
  assert.equal(await isAccepted(next), false);
  const at = mark();
  const start = performance.now();
  await mode.edit('acme.yaml', old, next);
  await until('the new address is accepted', async () => (await isAccepted(next)) || undefined, 3);
  const milliseconds = performance.now() - start;
  assert.ok(milliseconds < 1000, `${milliseconds} ms`);
  assert.equal(await isAccepted(old), false);
  await until('it is printed', async () => since(at).includes('changed OidcClient team-acme/wiki') || undefined, 1);
  assert.match(since(at), /OidcClient +team-acme\/wiki +True +Succeeded/);
  await mode.edit('acme.yaml', next, old);
  await until('back again', async () => (await isAccepted(old)) || undefined, 3);
});

test('a broken file prints file:line:column, the old state serves, the repair is applied', async () => {
  const at = mark();
  await mode.edit('acme.yaml', 'displayName: Wiki', 'displayName: [Wiki');
  const line = await until('the problem', async () => /acme\.yaml:\d+:\d+: .*/.exec(since(at))?.[0], 3);
  assert.match(line, /acme\.yaml:\d+:\d+: \S/);
  assert.match((await signIn(mode, mode.person(), { client: WIKI, ...ADA })).body, /Hello, Ada/);
  const repaired = mark();
  await mode.edit('acme.yaml', 'displayName: [Wiki', 'displayName: The Wiki');
  await until('the repair', async () => since(repaired).includes('changed OidcClient team-acme/wiki') || undefined, 3);
  assert.match((await mode.person().open(mode.demoOrigin)).body, /The Wiki/);
});

test('a wrong value is found where it stands, and consent that is withdrawn is a condition that says so', async () => {
  const wrong = mark();
  await mode.edit('globex.yaml', 'lifetime: 8h', 'lifetime: long');
  await until('the problem', async () => /globex\.yaml:\d+:15: spec\.sessions\.lifetime/.exec(since(wrong))?.[0], 3);
  await mode.edit('globex.yaml', 'lifetime: long', 'lifetime: 8h');
  const withdrawn = mark();
  await mode.edit('acme-reports.yaml', 'sso-acme: "true"', 'sso-acme: "no"');
  await until('the condition', async () => /reports +False +TenantNotAvailable/.exec(since(withdrawn))?.[0], 3);
  await mode.edit('acme-reports.yaml', 'sso-acme: "no"', 'sso-acme: "true"');
});

test('a folder that is served already is not served twice', async () => {
  const second = startProgram(
    ['operator/cli/main.ts', 'dev', mode.directory, '--state', mode.state, '--port', '0', '--demo-port', '0'],
    {},
  );
  await second.exited;
  assert.match(second.output(), /is serving this folder already/);
});

test('it listens on loopback only', async () => {
  const outside = Object.values(networkInterfaces()).flatMap(all =>
    (all ?? []).filter(it => !it.internal && it.family === 'IPv4'),
  );
  for (const { address } of outside) {
    const code = await new Promise(resolve => {
      const socket = connect(mode.port, address, () => resolve(socket.destroy() && 'connected'));
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    });
    assert.equal(code, 'ECONNREFUSED', address);
  }
});

test('a restart keeps keys, credentials and sessions', async () => {
  const person = mode.person();
  await signIn(mode, person, { client: WIKI, ...ADA });
  const jwks = async (): Promise<string> =>
    (await mode.person().open(`https://acme.localhost:${mode.port}${ENDPOINTS.jwks}`)).body;
  const before = await jwks();
  assert.match(before, /"kid"/);
  assert.equal(await mode.program.stop(), 0);
  await mode.restart();
  assert.equal(await jwks(), before);
  const again = await person.open(`${mode.demoOrigin}/sign-in?client=${WIKI}`);
  assert.match(again.body, /Hello, Ada Lovelace/, 'the session at the tenant outlives the restart');
});

test('killed outright, it leaves no identity provider behind', async () => {
  await mode.program.kill();
  await until('the port is free', async () => {
    const isOpen = await new Promise<boolean>(resolve => {
      const socket = connect(mode.port, '127.0.0.1', () => resolve(true));
      socket.once('error', () => resolve(false)).once('connect', () => socket.destroy());
    });
    return isOpen ? undefined : true;
  });
  await mode.restart();
});

test('it ends, and says why, when the identity provider ends', async () => {
  const { pid } = mode.program;
  const [idp] = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').map(Number);
  process.kill(idp ?? 0, 'SIGKILL');
  await mode.program.exited;
  assert.match(mode.program.output(), /the identity provider ended; its log is .*idp\.log/);
  await mode.restart();
});

test('a file that is broken at the start deletes nothing of the last run', async () => {
  assert.equal(await mode.program.stop(), 0);
  await mode.edit('globex.yaml', 'kind: SsoTenant', 'kind: [SsoTenant');
  await writeFile(join(mode.directory, 'empty.yaml'), '');
  await mode.restart();
  assert.match(mode.program.output(), /globex\.yaml:\d+:\d+: /);
  assert.match((await mode.person().open(`https://globex.localhost:${mode.port}${ENDPOINTS.jwks}`)).body, /"kid"/);
});
