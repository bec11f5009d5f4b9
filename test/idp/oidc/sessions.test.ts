import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as client from 'openid-client';
import { openMemoryStore } from '#idp/storage/memory.ts';
import type { Person } from '#test/support/person.ts';
import { makeGate } from '../storage/gate.ts';
import { makeSlow } from '../storage/slow.ts';
import { type Application, openApplication, openPerson, redeem, signIn } from './application.ts';
import { makeClient } from './fixture.ts';
import { type Front, openFront } from './front.ts';

/** Decision 7: a session is one record that many requests write at once, over a store that is far away. */

const store = makeGate(makeSlow(openMemoryStore({ now: Date.now }), 8));
let front: Front;
let grafana: Application;

before(async () => {
  front = await openFront({ store });
  front.registry.putClient('uid-acme', makeClient('grafana'));
  for (let n = 0; n < 8; n++) front.registry.putClient('uid-acme', makeClient(`app${n}`));
  grafana = await openApplication(front);
});
after(() => front.close());

async function openSignedIn(): Promise<Person> {
  const person = openPerson(front);
  const back = await signIn(person, (await grafana.begin()).url);
  assert.ok(back.url.searchParams.has('code'));
  return person;
}

const isSignedIn = async (person: Person) =>
  (await person.open((await grafana.begin({ prompt: 'none' })).url)).url.searchParams.has('code');

const confirmLogout = async (person: Person) =>
  person.submit(await person.open(`${front.issuer('acme')}/session/end?client_id=apps.grafana`), { logout: 'yes' });

/** Another tab of the same browser: the cookies of this moment. */
function openTab(person: Person): Person {
  const tab = openPerson(front);
  for (const [name, value] of person.cookies) tab.cookies.set(name, value);
  return tab;
}

test('the session signs in at further applications without a question', async () => {
  const person = await openSignedIn();
  const app = await openApplication(front, { name: 'app1' });
  assert.ok((await person.open((await app.begin()).url)).url.searchParams.has('code'));
});

test('a logout beside five requests in flight stays logged out', async () => {
  for (let round = 0; round < 3; round++) {
    const person = await openSignedIn();
    const page = await person.open(`${front.issuer('acme')}/session/end?client_id=apps.grafana`);
    const apps = await Promise.all([1, 2, 3, 4, 5].map(n => openApplication(front, { name: `app${n}` })));
    const urls = await Promise.all(apps.map(app => app.begin()));
    const tabs = urls.map(() => openTab(person));
    await Promise.all([
      person.submit(page, { logout: 'yes' }),
      ...tabs.map(async (tab, n) => {
        await new Promise(resolve => setTimeout(resolve, n * 12));
        return tab.open(urls[n]?.url ?? '');
      }),
    ]);
    for (const tab of [person, ...tabs]) assert.equal(await isSignedIn(tab), false);
  }
});

test('a request that read the session before the logout and writes it afterwards gets no code', async () => {
  const person = await openSignedIn();
  const app = await openApplication(front, { name: 'app1' });
  const late = store.holdWrite(/\/Session\//);
  const inFlight = openTab(person).open((await app.begin()).url);
  await late.held;
  await confirmLogout(person);
  late.release();
  const page = await inFlight;
  assert.equal(page.url.searchParams.get('error'), 'login_required');
  assert.equal(page.url.searchParams.has('code'), false);
});

test('eight applications opened at once are all known, and the logout ends all of them', async () => {
  const person = await openSignedIn();
  const opened = await Promise.all(
    Array.from({ length: 8 }, async (_, n) => {
      const app = await openApplication(front, { name: `app${n}` });
      return { app, ...(await app.begin()) };
    }),
  );
  const pages = await Promise.all(opened.map(({ url }) => openTab(person).open(url)));
  const tokens = await Promise.all(
    opened.map(async ({ app, checks }, n) => {
      const page = pages[n];
      assert.ok(page);
      return (await redeem(app, page, checks)).access_token;
    }),
  );
  const record = await front.store.read(`uid-acme/AccessToken/${tokens[0]}`);
  const sessionUid = record?.value['sessionUid'];
  assert.ok(typeof sessionUid === 'string');
  const known = await front.oidc.participants.of('uid-acme', sessionUid);
  const expected = ['apps.grafana', ...Array.from({ length: 8 }, (_, n) => `apps.app${n}`)];
  assert.deepEqual(new Set(known.map(each => each.application)), new Set(expected));
  assert.equal(new Set(known.map(each => each.sessionIndex)).size, 9);
  await confirmLogout(person);
  for (const [n, { app }] of opened.entries())
    await assert.rejects(client.fetchUserInfo(app.config, tokens[n] ?? '', 'staff:alice'), `app${n} is signed in`);
});

test('eight tabs of one application get eight codes that all work', async () => {
  const person = await openSignedIn();
  const app = await openApplication(front, { name: 'app7' });
  const flows = await Promise.all(Array.from({ length: 8 }, () => app.begin()));
  const pages = await Promise.all(flows.map(({ url }) => openTab(person).open(url)));
  const subjects = await Promise.all(
    flows.map(async ({ checks }, n) => {
      const page = pages[n];
      assert.ok(page);
      return (await redeem(app, page, checks)).claims()?.sub;
    }),
  );
  assert.deepEqual(subjects, Array(8).fill('staff:alice'));
});

test('a logout needs the confirmation of the person, from their own page', async () => {
  const person = await openSignedIn();
  const page = await person.open(`${front.issuer('acme')}/session/end?client_id=apps.grafana`);
  assert.match(page.body, /Sign out of grafana/);
  assert.equal(await isSignedIn(person), true);
  const forged = await person.submit(
    { ...page, body: page.body.replace(/value="[0-9a-f]{48}"/, 'value="forged"') },
    { logout: 'yes' },
  );
  assert.equal(forged.status, 400);
  assert.equal(await isSignedIn(person), true);
});

test('a logout leads back only to registered addresses', async () => {
  const end = `${front.issuer('acme')}/session/end?client_id=apps.grafana&state=s1&post_logout_redirect_uri=`;
  const person = await openSignedIn();
  const evil = await person.open(end + encodeURIComponent('https://evil.example/'));
  assert.equal(evil.status, 400);
  const page = await person.open(end + encodeURIComponent('https://grafana.example/bye'));
  const back = await person.submit(page, { logout: 'yes' });
  assert.equal(back.url.href, 'https://grafana.example/bye?state=s1');
  assert.equal(await isSignedIn(person), false);
});

test('refresh tokens end with the session, except those of offline_access', async () => {
  const outcomes = await Promise.all(
    ['openid', 'openid offline_access'].map(async scope => {
      const person = openPerson(front);
      const { url, checks } = await grafana.begin({
        scope,
        ...(scope.includes('offline') ? { prompt: 'consent' } : {}),
      });
      const tokens = await redeem(grafana, await signIn(person, url), checks);
      await confirmLogout(person);
      const answer = client.refreshTokenGrant(grafana.config, tokens.refresh_token ?? '');
      return answer.then(
        () => 'refreshed',
        () => 'refused',
      );
    }),
  );
  assert.deepEqual(outcomes, ['refused', 'refreshed']);
});

test('a sign-in gives the session a new identifier', async () => {
  const person = openPerson(front);
  await person.open(`${front.issuer('acme')}/session/end`);
  const cookie = () => [...person.cookies].find(([name]) => name.endsWith(' __Host-sso'))?.[1];
  const planted = cookie();
  assert.ok(planted, 'an anonymous session, as an attacker could plant it');
  const attacker = openTab(person);
  await signIn(person, (await grafana.begin()).url);
  assert.notEqual(cookie(), planted);
  assert.equal(await isSignedIn(person), true);
  assert.equal(await isSignedIn(attacker), false);
});

test('an identifier that a sign-in replaced does not come back with a request that was in flight', async () => {
  const person = openPerson(front);
  await person.open(`${front.issuer('acme')}/session/end`);
  const attacker = openTab(person);
  const late = store.holdWrite(/\/Session\//);
  const inFlight = attacker.open((await grafana.begin({ prompt: 'none' })).url);
  await late.held;
  await signIn(person, (await grafana.begin()).url);
  late.release();
  assert.equal((await inFlight).url.searchParams.get('error'), 'login_required');
  assert.equal(await isSignedIn(person), true);
  assert.equal(await isSignedIn(attacker), false);
});

test('a session ends at its lifetime however much it is used', async () => {
  const tenant = front.registry.tenant('uid-acme');
  front.registry.put({ ...tenant, document: { ...tenant.document, sessions: { lifetimeSeconds: 2 } } });
  const person = openPerson(front);
  const { url, checks } = await grafana.begin();
  const { access_token } = await redeem(grafana, await signIn(person, url), checks);
  await new Promise(resolve => setTimeout(resolve, 900));
  await isSignedIn(person);
  await new Promise(resolve => setTimeout(resolve, 1400));
  assert.equal(await isSignedIn(person), false);
  await assert.rejects(client.fetchUserInfo(grafana.config, access_token, 'staff:alice'));
  front.registry.put(tenant);
});
