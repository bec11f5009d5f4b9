import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openMemoryStore } from '#idp/storage/memory.ts';
import { type Store, StoreUnavailable } from '#idp/storage/store.ts';
import { makeGate } from '../storage/gate.ts';
import { makeSlow } from '../storage/slow.ts';
import { openApplication, openPerson, signIn } from './application.ts';
import { makeClient, makeSamlClient } from './fixture.ts';
import { type Front, openFront } from './front.ts';
import { openSamlApplication, type SamlApplication } from './saml-application.ts';

/** One session that applications of both protocols write at once, over a store that is far away; and two tenants. */

const memory = openMemoryStore({ now: Date.now });
let isBroken = false;
const breaking: Store = {
  ...memory,
  removeGroup: group => (isBroken ? Promise.reject(new StoreUnavailable('away')) : memory.removeGroup(group)),
};
const store = makeGate(makeSlow(breaking, 8));
let front: Front;
let jira: SamlApplication;

before(async () => {
  front = await openFront({ store, tenants: ['acme', 'globex'] });
  for (let n = 0; n < 4; n++) {
    front.registry.putClient('uid-acme', makeClient(`app${n}`));
    front.registry.putSamlClient('uid-acme', makeSamlClient(`sp${n}`));
  }
  front.registry.putClient('uid-acme', makeClient('grafana'));
  front.registry.putSamlClient('uid-acme', makeSamlClient('jira'));
  jira = openSamlApplication(front);
});
after(() => front.close());

async function openSignedIn() {
  const person = openPerson(front);
  const grafana = await openApplication(front);
  await signIn(person, (await grafana.begin()).url);
  return person;
}

/** Another tab of the same browser: the cookies of this moment. */
function openTab(person: ReturnType<typeof openPerson>) {
  const tab = openPerson(front);
  for (const [name, value] of person.cookies) tab.cookies.set(name, value);
  return tab;
}

async function sessionUidOf(uid: string, sessionIndex = ''): Promise<string> {
  const record = await front.store.read(`uid-acme/SamlSession/saml:${uid}/${sessionIndex}`);
  const sessionUid = record?.value['sessionUid'];
  assert.ok(typeof sessionUid === 'string');
  return sessionUid;
}

test('an application joins the session by looking, once, however many tabs look at the same instant', async () => {
  const person = await openSignedIn();
  const looks = await Promise.all(Array.from({ length: 6 }, () => jira.look(openTab(person))));
  const indexes = new Set(looks.map(({ signedIn }) => signedIn?.sessionIndex));
  assert.equal(indexes.size, 1);
  assert.equal(indexes.has(undefined), false);
  const { signedIn } = await jira.signIn(person);
  assert.deepEqual([...indexes], [signedIn?.sessionIndex]);
});

test('a tab that read the session before another one joined it, and writes afterwards, is told the same index', async () => {
  const person = await openSignedIn();
  const late = store.holdWrite(/\/Session\//);
  const inFlight = jira.look(openTab(person));
  await late.held;
  const { signedIn } = await jira.look(openTab(person));
  late.release();
  assert.equal((await inFlight).signedIn?.sessionIndex, signedIn?.sessionIndex);
  assert.ok(signedIn?.sessionIndex);
});

test('eight applications of both protocols that are opened at once are all known', async () => {
  const person = await openSignedIn();
  const saml = [0, 1, 2, 3].map(n => openSamlApplication(front, `sp${n}`));
  const oidc = await Promise.all([0, 1, 2, 3].map(n => openApplication(front, { name: `app${n}` })));
  const outcomes = saml.map(app => app.signIn(openTab(person)));
  const pages = oidc.map(async app => openTab(person).open((await app.begin()).url));
  const seen = await Promise.all(outcomes);
  for (const page of await Promise.all(pages)) assert.ok(page.url.searchParams.has('code'));
  const [first] = seen;
  const sessionUid = await sessionUidOf('uid-sp0', first?.signedIn?.sessionIndex);
  const known = await front.oidc.participants.of('uid-acme', sessionUid);
  const expected = [
    'oidc apps.grafana',
    ...[0, 1, 2, 3].flatMap(n => [`oidc apps.app${n}`, `saml https://sp${n}.example`]),
  ];
  assert.deepEqual(new Set(known.map(each => `${each.protocol} ${each.application}`)), new Set(expected));
  for (const [n, { signedIn }] of seen.entries()) {
    const told = known.find(each => each.application === `https://sp${n}.example`);
    assert.equal(told?.sessionIndex, signedIn?.sessionIndex, 'the index that the application was told');
  }
  const left = await front.oidc.saml.end(front.registry.tenant('uid-acme'), {
    entityId: 'https://sp0.example',
    sessionIndex: first?.signedIn?.sessionIndex ?? '',
  });
  assert.deepEqual(new Set(left.map(each => each.application)), new Set([1, 2, 3].map(n => `https://sp${n}.example`)));
});

test('whoever looks while the session ends is told nothing', async () => {
  const person = await openSignedIn();
  const { signedIn } = await openSamlApplication(front, 'sp0').signIn(person);
  const late = store.holdWrite(/\/Session\//);
  const inFlight = jira.look(openTab(person));
  await late.held;
  await front.oidc.saml.end(front.registry.tenant('uid-acme'), {
    entityId: 'https://sp0.example',
    sessionIndex: signedIn?.sessionIndex ?? '',
  });
  late.release();
  assert.equal((await inFlight).signedIn, undefined);
});

test('a request that read the session before its end and writes it afterwards does not bring it back', async () => {
  const person = await openSignedIn();
  const { signedIn } = await jira.signIn(person);
  const app = await openApplication(front, { name: 'app1' });
  const late = store.holdWrite(/\/Session\//);
  const inFlight = openTab(person).open((await app.begin()).url);
  await late.held;
  await front.oidc.saml.end(front.registry.tenant('uid-acme'), {
    entityId: 'https://jira.example',
    sessionIndex: signedIn?.sessionIndex ?? '',
  });
  late.release();
  assert.equal((await inFlight).url.searchParams.get('error'), 'login_required');
  assert.equal((await jira.look(person)).signedIn, undefined);
});

test('an end that fails half-way lets nobody in, and finishes when it is asked again', async () => {
  const person = await openSignedIn();
  const { signedIn } = await jira.signIn(person);
  const wiki = openSamlApplication(front, 'sp0');
  await wiki.signIn(person);
  const tenant = front.registry.tenant('uid-acme');
  const session = { entityId: 'https://jira.example', sessionIndex: signedIn?.sessionIndex ?? '' };
  isBroken = true;
  await assert.rejects(front.oidc.saml.end(tenant, session), StoreUnavailable);
  isBroken = false;
  assert.equal((await wiki.look(person)).signedIn, undefined, 'an application that had joined');
  assert.equal((await openSamlApplication(front, 'sp1').look(person)).signedIn, undefined, 'one that had not');
  const left = await front.oidc.saml.end(tenant, session);
  assert.deepEqual(
    left.map(each => each.application),
    ['https://sp0.example'],
  );
  assert.deepEqual(await front.oidc.saml.end(tenant, session), []);
});

test('a session of one tenant is nothing at another, even where both sign cookies with one key', async () => {
  const { keys } = front.registry.tenant('uid-acme');
  front.registry.change('uid-globex', { keys });
  front.registry.putSamlClient('uid-globex', makeSamlClient('jira'));
  const foreign = openSamlApplication(front, 'jira', 'globex');
  const person = await openSignedIn();
  const { signedIn } = await jira.signIn(person);
  const thief = openPerson(front);
  for (const [name, value] of person.cookies) thief.cookies.set(name.replace('acme.', 'globex.'), value);
  assert.equal((await foreign.look(thief)).signedIn, undefined);
  const session = { entityId: 'https://jira.example', sessionIndex: signedIn?.sessionIndex ?? '' };
  assert.deepEqual(await front.oidc.saml.end(front.registry.tenant('uid-globex'), session), []);
  assert.equal((await jira.look(person)).signedIn?.person.username, 'alice');
});
