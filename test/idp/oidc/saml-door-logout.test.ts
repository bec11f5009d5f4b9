import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import * as client from 'openid-client';
import type { Participant } from '#idp/logout/participants.ts';
import { createPerson, type Person } from '#test/support/person.ts';
import { type Application, openApplication, redeem, signIn } from './application.ts';
import { makeClient, makeSamlClient, PASSWORD } from './fixture.ts';
import { type Front, openFront } from './front.ts';
import { isAsking, openSamlApplication, outcomeOf, type SamlApplication } from './saml-application.ts';

/** The way out: one logout for both protocols, from either side. */

const ACME = 'uid-acme';
const BYE = 'https://grafana.example/bye';
let front: Front;
let grafana: Application;
let jira: SamlApplication;
let told: { participants: readonly Participant[]; returnTo: string; signedIn: boolean }[];
let tell: 'redirect' | 'page' | 'fail';

beforeEach(async () => {
  told = [];
  tell = 'redirect';
  front = await openFront({
    async tellSaml(tenant, participants, { returnTo, res }) {
      const [first] = participants;
      const sessionIndex = first?.sessionIndex ?? '';
      const pointer = await front.store.read(`${ACME}/SamlSession/saml:uid-jira/${sessionIndex}`);
      const sessionUid = pointer?.value['sessionUid'];
      assert.ok(typeof sessionUid === 'string');
      const left = await front.oidc.participants.of(tenant.document.uid, sessionUid);
      told.push({ participants, returnTo, signedIn: left.length > 0 });
      if (tell === 'fail') throw new Error('no keys');
      if (tell === 'page') res.writeHead(200, { 'content-type': 'text/html' }).end('posting to jira');
      else res.writeHead(303, { location: `https://jira.example/slo?then=${encodeURIComponent(returnTo)}` }).end();
    },
  });
  front.registry.putClient(ACME, makeClient('grafana'));
  for (const name of ['jira', 'wiki']) front.registry.putSamlClient(ACME, makeSamlClient(name));
  grafana = await openApplication(front);
  jira = openSamlApplication(front);
});
afterEach(() => front.close());

/** jira.example is an application that a logout leads past. */
const openPerson = () =>
  createPerson({ ca: front.ca, stopAt: ['https://grafana.example/', 'https://jira.example/slo'] });

async function signInEverywhere(scope = 'openid profile') {
  const person = openPerson();
  const { url, checks } = await grafana.begin({ scope, ...(scope.includes('offline') && { prompt: 'consent' }) });
  const tokens = await redeem(grafana, await signIn(person, url), checks);
  const [atJira, atWiki] = [await jira.signIn(person), await openSamlApplication(front, 'wiki').signIn(person)];
  const sessions = { jira: atJira.signedIn?.sessionIndex ?? '', wiki: atWiki.signedIn?.sessionIndex ?? '' };
  return { person, tokens, sessions };
}

const isSignedIn = async (person: Person) =>
  (await person.open((await grafana.begin({ prompt: 'none' })).url)).url.searchParams.has('code');

const end = (name: string, sessionIndex: string) =>
  front.oidc.saml.end(front.registry.tenant(ACME), { entityId: `https://${name}.example`, sessionIndex });

const askLogout = (person: Person, parameters: Record<string, string> = {}) =>
  person.open(
    `${front.issuer('acme')}/session/end?${new URLSearchParams({ client_id: 'apps.grafana', ...parameters }).toString()}`,
  );

test('a logout at a SAML application ends the session for OIDC, and names the other SAML applications', async () => {
  const { person, tokens, sessions } = await signInEverywhere();
  assert.equal((await client.fetchUserInfo(grafana.config, tokens.access_token, 'staff:alice')).sub, 'staff:alice');
  const left = await end('jira', sessions.jira);
  assert.deepEqual(left, [{ protocol: 'saml', application: 'https://wiki.example', sessionIndex: sessions.wiki }]);
  await assert.rejects(client.fetchUserInfo(grafana.config, tokens.access_token, 'staff:alice'));
  await assert.rejects(client.refreshTokenGrant(grafana.config, tokens.refresh_token ?? ''), {
    error: 'invalid_grant',
  });
  assert.equal(await isSignedIn(person), false);
  assert.equal((await jira.look(person)).signedIn, undefined);
});

test('it leaves nothing of the tokens in the store, nor of what was granted', async () => {
  const { tokens, sessions } = await signInEverywhere();
  const token = await front.store.read(`${ACME}/AccessToken/${tokens.access_token}`);
  const grantId = token?.value['grantId'];
  assert.ok(typeof grantId === 'string');
  assert.ok(await front.store.read(`${ACME}/Grant/${grantId}`));
  await end('jira', sessions.jira);
  const keys = [`AccessToken/${tokens.access_token}`, `RefreshToken/${tokens.refresh_token}`, `Grant/${grantId}`];
  for (const key of keys) assert.equal(await front.store.read(`${ACME}/${key}`), undefined, key);
});

test('it spares refresh tokens of offline_access, as a logout at an OIDC application does', async () => {
  const { tokens, sessions } = await signInEverywhere('openid offline_access');
  await end('jira', sessions.jira);
  assert.ok((await client.refreshTokenGrant(grafana.config, tokens.refresh_token ?? '')).access_token);
});

test('a second logout of the same session finds nothing to end', async () => {
  const { sessions } = await signInEverywhere();
  assert.equal((await end('jira', sessions.jira)).length, 1);
  assert.deepEqual(await end('jira', sessions.jira), []);
  assert.deepEqual(await end('wiki', sessions.wiki), []);
});

test('an application ends only sessions that it knows itself', async () => {
  const { person, sessions } = await signInEverywhere();
  assert.deepEqual(await end('wiki', sessions.jira), []);
  assert.deepEqual(await end('jira', 'guess'), []);
  assert.deepEqual(await end('nobody', sessions.jira), []);
  assert.equal(await isSignedIn(person), true);
});

test('a new sign-in after the end has another index, which the old one does not end', async () => {
  const { person, sessions } = await signInEverywhere();
  await end('jira', sessions.jira);
  const { signedIn } = await jira.signIn(person);
  assert.notEqual(signedIn?.sessionIndex, sessions.jira);
  await end('jira', sessions.jira);
  assert.equal((await jira.look(person)).signedIn?.sessionIndex, signedIn?.sessionIndex);
});

test('a logout at an OIDC application ends the session first, and then leads past the SAML ones to where it was asked', async () => {
  const { person, sessions } = await signInEverywhere();
  const page = await askLogout(person, { post_logout_redirect_uri: BYE, state: 's1' });
  assert.equal(told.length, 0, 'not before the person said so');
  const back = await person.submit(page, { logout: 'yes' });
  assert.equal(back.url.href, `https://jira.example/slo?then=${encodeURIComponent(`${BYE}?state=s1`)}`);
  assert.equal(back.status, 303);
  const expected = [
    { protocol: 'saml', application: 'https://jira.example', sessionIndex: sessions.jira },
    { protocol: 'saml', application: 'https://wiki.example', sessionIndex: sessions.wiki },
  ];
  assert.deepEqual(told, [{ participants: expected, returnTo: `${BYE}?state=s1`, signedIn: false }]);
  assert.equal(
    [...person.cookies.keys()].some(name => name.endsWith('__Host-sso')),
    false,
  );
  assert.equal((await jira.look(person)).signedIn, undefined);
});

test('without an address of its own the logout ends at our page, once the SAML applications know', async () => {
  const { person } = await signInEverywhere();
  tell = 'page';
  const page = await person.submit(await askLogout(person), { logout: 'yes' });
  assert.deepEqual([page.status, page.body], [200, 'posting to jira']);
  assert.match((await person.open(told[0]?.returnTo ?? '')).body, /signed out of acme/);
});

test('SAML applications that cannot be told do not keep anybody signed in, nor from their way', async () => {
  const { person } = await signInEverywhere();
  tell = 'fail';
  const page = await askLogout(person, { post_logout_redirect_uri: BYE });
  const back = await person.submit(page, { logout: 'yes' });
  assert.deepEqual([back.status, back.url.href], [303, BYE]);
  assert.equal(await isSignedIn(person), false);
  assert.match(front.log.map(({ message }) => message).join(), /were not told/);
});

test('a logout that the person takes back tells nobody', async () => {
  const { person } = await signInEverywhere();
  await person.submit(await askLogout(person));
  assert.deepEqual(told, []);
  assert.equal((await jira.look(person)).signedIn?.person.username, 'alice');
});

test('a logout without SAML applications goes straight back', async () => {
  const person = openPerson();
  await signIn(person, (await grafana.begin()).url);
  const page = await askLogout(person, { post_logout_redirect_uri: BYE });
  assert.equal((await person.submit(page, { logout: 'yes' })).url.href, BYE);
  assert.deepEqual(told, []);
});

test('somebody else who signs in at the same browser ends the first session, and its applications are told', async () => {
  const { person, sessions } = await signInEverywhere();
  const question = await person.open(await jira.start({ forceAuthn: true }));
  assert.ok(isAsking(question));
  const leaving = await person.submit(question, { username: 'bob', password: PASSWORD });
  const past = await person.submit(leaving);
  assert.ok(past.url.href.startsWith('https://jira.example/slo?'));
  assert.equal(told[0]?.participants[0]?.sessionIndex, sessions.jira);
  const { signedIn } = outcomeOf(await person.open(told[0]?.returnTo ?? ''));
  assert.equal(signedIn?.person.username, 'bob');
  assert.notEqual(signedIn?.sessionIndex, sessions.jira);
});

test('an application that was removed meanwhile is not among those to tell', async () => {
  const { sessions } = await signInEverywhere();
  const tenant = front.registry.tenant(ACME);
  const samlClients = new Map([...tenant.samlClients].filter(([entityId]) => !entityId.includes('wiki')));
  front.registry.put({ ...tenant, samlClients });
  assert.deepEqual(await end('jira', sessions.jira), []);
});
