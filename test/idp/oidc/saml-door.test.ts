import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { SAML_CONTINUE_PATH } from '#idp/oidc/applications.ts';
import { CONTINUE_PATH } from '#idp/saml/needs.ts';
import { openApplication, openPerson, redeem, signIn } from './application.ts';
import { ALICE, BOB, makeClient, makeSamlClient, PASSWORD } from './fixture.ts';
import { type Front, openFront } from './front.ts';
import { isAsking, openSamlApplication, outcomeOf, type SamlApplication } from './saml-application.ts';

/** The way in: one sign-in for both protocols. */

const ACME = 'uid-acme';
let front: Front;
let jira: SamlApplication;

beforeEach(async () => {
  front = await openFront();
  front.registry.putClient(ACME, makeClient('grafana'));
  front.registry.putSamlClient(ACME, makeSamlClient('jira'));
  jira = openSamlApplication(front);
});
afterEach(() => front.close());

const nextSecond = () => new Promise(resolve => setTimeout(resolve, 1100));

test('both rooms mean the same address to come back to', () => {
  assert.equal(SAML_CONTINUE_PATH, CONTINUE_PATH);
});

test('whoever has no session signs in and comes back with the relay and nothing else of value', async () => {
  const person = openPerson(front);
  const page = await person.open(await jira.start());
  assert.match(page.body, /<p>login/);
  const before = Math.floor(Date.now() / 1000);
  const { address, signedIn } = outcomeOf(await person.submit(page, { username: 'alice', password: PASSWORD }));
  assert.deepEqual(address, { state: 'https://jira.example relay-jira', iss: front.issuer('acme') });
  assert.ok(signedIn);
  const { person: alice, event, sessionIndex, expiresAt } = signedIn;
  assert.deepEqual([alice.username, alice.email, alice.groups], ['alice', 'alice@acme.example', ALICE.groups]);
  assert.ok(event.at >= before && event.at <= Date.now() / 1000);
  const { at } = event;
  assert.deepEqual(event, { subject: 'staff:alice', source: 'staff', methods: [{ amr: 'pwd', at }], at });
  assert.equal(expiresAt, at + 43_200);
  assert.match(sessionIndex, /^[-\w]{21,}$/);
});

test('a session that began at an OIDC application serves SAML without a password, and the other way round', async () => {
  const grafana = await openApplication(front);
  const person = openPerson(front);
  const { url, checks } = await grafana.begin();
  const tokens = await redeem(grafana, await signIn(person, url), checks);
  const { signedIn } = outcomeOf(await person.open(await jira.start()));
  assert.equal(signedIn?.event.at, tokens.claims()?.auth_time);
  const other = openPerson(front);
  await jira.signIn(other);
  assert.ok((await other.open((await grafana.begin({ prompt: 'none' })).url)).url.searchParams.has('code'));
});

test('a passive request asks nobody: without a session it comes back with login_required', async () => {
  const person = openPerson(front);
  const { address, signedIn } = outcomeOf(await person.open(await jira.start({ isPassive: true })));
  assert.deepEqual([address['error'], address['state']], ['login_required', 'https://jira.example relay-jira']);
  assert.equal(signedIn, undefined);
  await jira.signIn(person);
  const again = outcomeOf(await person.open(await jira.start({ isPassive: true })));
  assert.equal(again.address['error'], undefined);
  assert.equal(again.signedIn?.person.username, 'alice');
});

test('a request that forces sign-in asks again, and the time of sign-in is the new one', async () => {
  const person = openPerson(front);
  const first = await jira.signIn(person);
  await nextSecond();
  const page = await person.open(await jira.start({ forceAuthn: true }));
  assert.ok(isAsking(page));
  const again = await jira.signIn(person, { forceAuthn: true });
  assert.ok((again.signedIn?.event.at ?? 0) > (first.signedIn?.event.at ?? Infinity));
  assert.equal(again.signedIn?.sessionIndex, first.signedIn?.sessionIndex);
});

test('whoever strips the wish out of the address comes back with the old time of sign-in', async () => {
  const person = openPerson(front);
  const first = await jira.signIn(person);
  await nextSecond();
  const asked = Math.floor(Date.now() / 1000);
  const url = await jira.start({ forceAuthn: true });
  assert.equal(url.searchParams.get('prompt'), 'login');
  url.searchParams.delete('prompt');
  const { address, signedIn } = outcomeOf(await person.open(url));
  assert.equal(address['error'], undefined);
  assert.equal(signedIn?.event.at, first.signedIn?.event.at);
  assert.ok((signedIn?.event.at ?? Infinity) < asked);
});

test('forced and passive at once asks nobody, and the old sign-in shows that', async () => {
  const person = openPerson(front);
  const first = await jira.signIn(person);
  const both = outcomeOf(await person.open(await jira.start({ isPassive: true, forceAuthn: true })));
  assert.equal(both.signedIn?.event.at, first.signedIn?.event.at);
});

test('wished contexts travel as acr_values', async () => {
  const url = await jira.start({ contexts: ['urn:x:a', 'urn:x:b'] });
  assert.equal(url.searchParams.get('acr_values'), 'urn:x:a urn:x:b');
  const person = openPerson(front);
  const { signedIn } = outcomeOf(await signIn(person, url));
  assert.equal(signedIn?.person.username, 'alice');
});

test('somebody who is not in the groups comes back with access_denied; who it was is known', async () => {
  front.registry.putSamlClient(ACME, makeSamlClient('jira', { accessGroups: ['grafana-users'] }));
  const person = openPerson(front);
  const refused = await jira.signIn(person, {}, 'bob');
  assert.equal(refused.address['error'], 'access_denied');
  assert.equal(refused.signedIn?.person.username, 'bob');
  const joined = new Map([['staff', { users: [ALICE, { ...BOB, groups: ['grafana-users'] }] }]]);
  front.registry.change(ACME, { users: joined });
  assert.equal(outcomeOf(await person.open(await jira.start())).address['error'], undefined);
});

test('a person whom the source no longer knows is signed in nowhere', async () => {
  const person = openPerson(front);
  await jira.signIn(person);
  front.registry.change(ACME, { users: new Map([['staff', { users: [BOB] }]]) });
  assert.equal((await jira.look(person)).signedIn, undefined);
});

test('nobody signs in to an application that is off, or at a tenant that is paused', async () => {
  const person = openPerson(front);
  await jira.signIn(person);
  front.registry.putSamlClient(ACME, makeSamlClient('jira', { enabled: false }));
  assert.equal((await person.open(await jira.start())).status, 400);
  assert.equal((await jira.look(person)).signedIn, undefined);
  front.registry.putSamlClient(ACME, makeSamlClient('jira'));
  const tenant = front.registry.tenant(ACME);
  front.registry.change(ACME, { document: { ...tenant.document, paused: true } });
  assert.match((await person.open(await jira.start())).body, /Sign-in is paused/);
  assert.equal((await jira.look(person)).signedIn, undefined);
});

test('a session that has reached the lifetime of now is over, whatever it was promised', async () => {
  const person = openPerson(front);
  await jira.signIn(person);
  await nextSecond();
  const { document } = front.registry.tenant(ACME);
  front.registry.change(ACME, { document: { ...document, sessions: { lifetimeSeconds: 1 } } });
  assert.equal((await jira.look(person)).signedIn, undefined);
});

test('another browser is nobody, and a forged cookie is nobody', async () => {
  const person = openPerson(front);
  await jira.signIn(person);
  assert.equal((await jira.look(openPerson(front))).signedIn, undefined);
  const thief = openPerson(front);
  for (const [name, value] of person.cookies) if (!name.endsWith('.sig')) thief.cookies.set(name, value);
  assert.equal((await jira.look(thief)).signedIn, undefined);
});

test('two applications know one session by different indexes', async () => {
  front.registry.putSamlClient(ACME, makeSamlClient('confluence'));
  const confluence = openSamlApplication(front, 'confluence');
  const person = openPerson(front);
  const [one, two] = [await jira.signIn(person), await confluence.signIn(person)];
  assert.notEqual(one.signedIn?.sessionIndex, two.signedIn?.sessionIndex);
});

test('a person who comes too late finds the way back to the application, not to us', async () => {
  const page = await openPerson(front).open(await jira.start());
  const late = await openPerson(front).open(page.url);
  assert.equal(late.status, 410);
  assert.match(late.body, /back to https:\/\/jira\.example\//);
});

test('a person who does not want to comes back with access_denied, and is nobody', async () => {
  const person = openPerson(front);
  const page = await person.open(await jira.start());
  const { address, signedIn } = outcomeOf(await person.submit(page, { decline: 'yes' }));
  assert.equal(address['error'], 'access_denied');
  assert.equal(signedIn, undefined);
});
