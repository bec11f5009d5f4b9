import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Application, openApplication, openPerson, redeem, signIn } from './application.ts';
import { makeClient, PASSWORD } from './fixture.ts';
import { type Front, openFront } from './front.ts';

/** When somebody is asked, and what becomes of answers that come late, twice or from elsewhere. */

let front: Front;
let grafana: Application;

before(async () => {
  front = await openFront();
  front.registry.putClient('uid-acme', makeClient('grafana'));
  front.registry.putClient('uid-acme', makeClient('argo', { skipConsent: false }));
  grafana = await openApplication(front);
});
after(() => front.close());

const errorOf = (page: { url: URL }) => page.url.searchParams.get('error');

test('prompt=none asks nobody: login_required without a session, a code with one', async () => {
  const person = openPerson(front);
  assert.equal(errorOf(await person.open((await grafana.begin({ prompt: 'none' })).url)), 'login_required');
  await signIn(person, (await grafana.begin()).url);
  const { url, checks } = await grafana.begin({ prompt: 'none' });
  assert.equal((await redeem(grafana, await person.open(url), checks)).claims()?.sub, 'staff:alice');
});

test('prompt=none at an application that was not consented to is consent_required', async () => {
  const person = openPerson(front);
  await signIn(person, (await grafana.begin()).url);
  const argo = await openApplication(front, { name: 'argo' });
  assert.equal(errorOf(await person.open((await argo.begin({ prompt: 'none' })).url)), 'consent_required');
});

test('prompt=login and max_age=0 ask again, and the new time is in the ID token', async () => {
  const person = openPerson(front);
  const first = await grafana.begin();
  const before = (await redeem(grafana, await signIn(person, first.url), first.checks)).claims()?.auth_time ?? 0;
  await new Promise(resolve => setTimeout(resolve, 1100));
  const again: Record<string, string>[] = [{ prompt: 'login' }, { max_age: '0' }];
  for (const parameters of again) {
    const { url, checks } = await grafana.begin(parameters);
    const page = await person.open(url);
    assert.match(page.body, /<p>login/);
    const back = await person.submit(page, { username: 'alice', password: PASSWORD });
    const claims = (await redeem(grafana, back, { ...checks })).claims();
    assert.ok(Number(claims?.auth_time) > before);
  }
});

test('login_hint reaches the page; a foreign id_token_hint asks for a sign-in', async () => {
  const person = openPerson(front);
  const hinted = await person.open((await grafana.begin({ login_hint: 'alice@acme.example' })).url);
  assert.match(hinted.body, /alice@acme.example/);
  const { url, checks } = await grafana.begin();
  const { id_token = '' } = await redeem(grafana, await signIn(person, url), checks);
  const other = openPerson(front);
  await signIn(other, (await grafana.begin()).url, 'bob');
  assert.equal(
    errorOf(await other.open((await grafana.begin({ prompt: 'none', id_token_hint: id_token })).url)),
    'login_required',
  );
  const same = await person.open((await grafana.begin({ prompt: 'none', id_token_hint: id_token })).url);
  assert.ok(same.url.searchParams.has('code'));
});

test('signing in as somebody else ends the first session and starts another', async () => {
  const person = openPerson(front);
  await signIn(person, (await grafana.begin()).url);
  const { url, checks } = await grafana.begin({ prompt: 'login' });
  let page = await person.submit(await person.open(url), { username: 'bob', password: PASSWORD });
  if (page.status === 200) page = await person.submit(page); // The library's own page that ends the first session.
  assert.equal((await redeem(grafana, page, checks)).claims()?.sub, 'staff:bob');
});

test('a wrong password leads nowhere', async () => {
  const person = openPerson(front);
  const page = await person.open((await grafana.begin()).url);
  const refused = await person.submit(page, { username: 'alice', password: 'wrong' });
  assert.deepEqual([refused.status, refused.body], [401, '<!doctype html><body>wrong</body>']);
});

test('a question cannot be answered from another browser, and names no way into the session', async () => {
  const page = await openPerson(front).open((await grafana.begin()).url);
  const stranger = openPerson(front);
  const answer = await stranger.submit(page, { username: 'alice', password: PASSWORD });
  assert.equal(answer.status, 410);
  assert.equal(stranger.cookies.size, 0);
});

test('consent cannot be given to a question that asks for a sign-in, nor the other way round', async () => {
  const person = openPerson(front);
  const argo = await openApplication(front, { name: 'argo' });
  const login = await person.open((await argo.begin()).url);
  assert.equal((await person.submit(login, { prompt: 'consent' })).status, 410);
  const consent = await person.submit(login, { username: 'alice', password: PASSWORD });
  assert.match(consent.body, /<p>consent/);
  const bob = { prompt: 'login', username: 'bob', password: PASSWORD };
  assert.equal((await person.submit(consent, bob)).status, 410);
  const again = await person.open((await argo.begin({ prompt: 'login' })).url);
  assert.match(again.body, /<p>login/);
  assert.equal((await person.submit(again, { prompt: 'consent' })).status, 410);
  assert.equal((await person.submit(consent)).url.origin, 'https://argo.example');
});

test('who comes back to an answered page is led to the application, not to a dead end', async () => {
  const person = openPerson(front);
  const page = await person.open((await grafana.begin()).url);
  await person.submit(page, { username: 'alice', password: PASSWORD });
  const late = await person.open(page.url);
  assert.equal(late.status, 410);
  assert.match(late.body, /back to https:\/\/grafana.example\//);
});

test('a way back is not told for what was never asked', async () => {
  const tenant = front.registry.tenant('uid-acme');
  assert.equal(await front.oidc.door.wayBack(tenant, 'never'), undefined);
});

test('an address that leads into the middle of a sign-in shows a page that says so', async () => {
  const page = await openPerson(front).open(`${front.issuer('acme')}/auth/unknown`);
  assert.equal(page.status, 400);
  assert.match(page.body, /This sign-in has expired/);
});
