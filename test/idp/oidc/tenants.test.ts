import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as client from 'openid-client';
import { openMemoryStore } from '#idp/storage/memory.ts';
import type { Json, Store } from '#idp/storage/store.ts';
import { askToken, fetchOf, openApplication, openPerson, redeem, signIn } from './application.ts';
import { makeClient, PASSWORD } from './fixture.ts';
import { type Front, openFront } from './front.ts';

/** Two tenants with the same client and the same people: nothing that one gave out is worth anything at the other. */

const written: { key: string; group?: string; alias?: string; unless?: string }[] = [];
let front: Front;

/** Notes which keys are used. */
function watched(store: Store): Store {
  return {
    ...store,
    write(key: string, value: Record<string, Json>, how) {
      const { group, alias, unless } = how;
      written.push({ key, ...(group && { group }), ...(alias && { alias }), ...(unless && { unless }) });
      return store.write(key, value, how);
    },
  };
}

before(async () => {
  front = await openFront({ tenants: ['acme', 'globex'], store: watched(openMemoryStore({ now: Date.now })) });
  for (const uid of ['uid-acme', 'uid-globex'])
    front.registry.putClient(uid, makeClient('grafana', { skipConsent: false }));
});
after(() => front.close());

async function signInAt(tenant: string) {
  const app = await openApplication(front, { tenant });
  const person = openPerson(front);
  const { url, checks } = await app.begin();
  return { app, person, checks, page: await signIn(person, url) };
}

test('a code of one tenant is refused at the other, and stays good at home', async () => {
  const { app, page, checks } = await signInAt('acme');
  const body = {
    grant_type: 'authorization_code',
    code: page.url.searchParams.get('code') ?? '',
    redirect_uri: app.redirectUri,
    code_verifier: String(checks.pkceCodeVerifier),
  };
  const answer = await askToken(front, body, { tenant: 'globex' });
  assert.deepEqual([answer.status, ((await answer.json()) as { error: string }).error], [400, 'invalid_grant']);
  assert.equal((await redeem(app, page, checks)).claims()?.sub, 'staff:alice');
});

test('access and refresh tokens of one tenant are refused at the other', async () => {
  const { app, page, checks } = await signInAt('acme');
  const tokens = await redeem(app, page, checks);
  const other = await openApplication(front, { tenant: 'globex' });
  await assert.rejects(client.fetchUserInfo(other.config, tokens.access_token, 'staff:alice'));
  await assert.rejects(client.refreshTokenGrant(other.config, tokens.refresh_token ?? ''), { error: 'invalid_grant' });
  await client.tokenRevocation(other.config, tokens.refresh_token ?? '');
  assert.ok((await client.refreshTokenGrant(app.config, tokens.refresh_token ?? '')).access_token);
});

test('an ID token of one tenant is no hint at the other', async () => {
  const { app, page, checks } = await signInAt('acme');
  const { id_token = '' } = await redeem(app, page, checks);
  const { person, app: other } = await signInAt('globex');
  const back = await person.open((await other.begin({ id_token_hint: id_token, prompt: 'none' })).url);
  assert.equal(back.url.searchParams.get('error'), 'invalid_request');
});

test('session, question and resume cookies of one tenant mean nothing at the other', async () => {
  const { person } = await signInAt('acme');
  const asked = await person.open((await (await openApplication(front)).begin({ prompt: 'login' })).url);
  const thief = openPerson(front);
  for (const [name, value] of person.cookies)
    thief.cookies.set(name.replace('acme.localhost', 'globex.localhost'), value);
  const other = await openApplication(front, { tenant: 'globex' });
  assert.equal(
    (await thief.open((await other.begin({ prompt: 'none' })).url)).url.searchParams.get('error'),
    'login_required',
  );
  const question = await thief.open(`${front.issuer('globex')}${asked.url.pathname}`);
  assert.equal(question.status, 410);
  const uid = asked.url.pathname.split('/')[2] ?? '';
  assert.equal((await thief.open(`${front.issuer('globex')}/auth/${uid}`)).status, 400);
  const answered = await thief.submit({ ...asked, url: question.url }, { username: 'alice', password: PASSWORD });
  assert.equal(answered.status, 410);
});

test('also with the same cookie keys: the records are kept apart, not only the signatures', async () => {
  const { cookies } = front.registry.tenant('uid-acme').keys;
  const globex = front.registry.tenant('uid-globex');
  front.registry.change('uid-globex', { keys: { ...globex.keys, cookies } });
  const { person } = await signInAt('acme');
  const thief = openPerson(front);
  for (const [name, value] of person.cookies)
    thief.cookies.set(name.replace('acme.localhost', 'globex.localhost'), value);
  const other = await openApplication(front, { tenant: 'globex' });
  assert.equal(
    (await thief.open((await other.begin({ prompt: 'none' })).url)).url.searchParams.get('error'),
    'login_required',
  );
});

test('every key, group, alias and tombstone begins with the uid of its tenant, whatever the model', async () => {
  written.length = 0;
  const { app, page, checks, person } = await signInAt('globex');
  const tokens = await redeem(app, page, checks);
  await client.refreshTokenGrant(app.config, tokens.refresh_token ?? '');
  const end = await person.open(`${front.issuer('globex')}/session/end?client_id=apps.grafana`);
  await person.submit(end, { logout: 'yes' });
  const names = written.flatMap(use => [use.key, use.group, use.alias, use.unless].filter(name => name !== undefined));
  assert.deepEqual(
    names.filter(name => !name.startsWith('uid-globex/')),
    [],
  );
  const models = new Set(names.map(name => name.split('/')[1]));
  for (const model of [
    'Session',
    'SessionId',
    'SessionGone',
    'Interaction',
    'Grant',
    'AuthorizationCode',
    'AccessToken',
    'RefreshToken',
    'grant',
    'Attempts',
    'WayBack',
    'GrantOf',
  ])
    assert.ok(models.has(model), `${model} was not seen`);
});

test('a header cannot move the addresses of a tenant elsewhere', async () => {
  const headers = { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'http', forwarded: 'host=evil.example' };
  const response = await fetchOf(front)(`${front.issuer('acme')}/.well-known/openid-configuration`, {
    method: 'GET',
    headers,
    redirect: 'manual',
    body: undefined,
  });
  const text = await response.text();
  assert.equal(text.includes('evil'), false);
  assert.equal((JSON.parse(text) as { token_endpoint: string }).token_endpoint, `${front.issuer('acme')}/token`);
});
