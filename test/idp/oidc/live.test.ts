import assert from 'node:assert/strict';
import { argon2Sync } from 'node:crypto';
import { afterEach, beforeEach, test } from 'node:test';
import * as client from 'openid-client';
import { formatPhc } from '#crds/shared/pure/phc.ts';
import { askToken, fetchOf, openApplication, openPerson, redeem, signIn } from './application.ts';
import { ALICE, BOB, makeClient, makeKeys, SECRET, sha256 } from './fixture.ts';
import { type Front, openFront } from './front.ts';

/** What changes in the registry is true for the next request. */

const ACME = 'uid-acme';
let front: Front;

beforeEach(async () => {
  front = await openFront();
  front.registry.putClient(ACME, makeClient('grafana'));
});
afterEach(() => front.close());

const errorOf = (page: { url: URL }) => page.url.searchParams.get('error');

async function signInAtGrafana(person = openPerson(front)) {
  const grafana = await openApplication(front);
  const { url, checks } = await grafana.begin();
  const page = await signIn(person, url);
  return { grafana, person, tokens: await redeem(grafana, page, checks) };
}

test('a redirect URI that changes is refused at the old address and served at the new one', async () => {
  const { grafana, person } = await signInAtGrafana();
  const moved = 'https://argo.example/cb';
  front.registry.putClient(ACME, makeClient('grafana', { redirectUris: [moved] }));
  const refused = await person.open((await grafana.begin()).url);
  assert.equal(refused.status, 400);
  assert.match(refused.body, /Received: https:\/\/grafana.example\/cb/);
  const { url, checks } = await grafana.begin({ redirect_uri: moved });
  const page = await person.open(url);
  assert.ok(page.url.href.startsWith(`${moved}?`));
  assert.equal((await redeem(grafana, page, checks)).claims()?.sub, 'staff:alice');
});

test('redirect URIs are compared character by character', async () => {
  const grafana = await openApplication(front);
  const near = [
    'https://grafana.example/cb/',
    'https://grafana.example/cb?x=1',
    'https://grafana.example/CB',
    'https://grafana.example:443/cb',
    'https://x@grafana.example/cb',
    'https://grafana.example\\@evil.example/cb',
    'https://grafana.example/x/../cb',
    'http://grafana.example/cb',
    '//grafana.example/cb',
  ];
  for (const redirect_uri of near) {
    const page = await openPerson(front).open((await grafana.begin({ redirect_uri })).url);
    assert.equal(page.status, 400, redirect_uri);
    assert.equal(page.headers.location, undefined);
  }
});

test('a client that is disabled or removed is unknown at once, and so are its tokens', async () => {
  const { grafana, person, tokens } = await signInAtGrafana();
  front.registry.putClient(ACME, makeClient('grafana', { enabled: false }));
  const page = await person.open((await grafana.begin()).url);
  assert.equal(page.status, 400);
  assert.match(page.body, /Unknown application/);
  await assert.rejects(client.refreshTokenGrant(grafana.config, tokens.refresh_token ?? ''), { status: 401 });
  await assert.rejects(client.fetchUserInfo(grafana.config, tokens.access_token, 'staff:alice'));
});

test('a client that is disabled while somebody signs in gets no answer', async () => {
  const person = openPerson(front);
  const grafana = await openApplication(front);
  const page = await person.open((await grafana.begin()).url);
  front.registry.putClient(ACME, makeClient('grafana', { enabled: false }));
  assert.equal((await person.submit(page, { username: 'alice' })).status, 410);
});

test('of two secrets both are good, a wrong one is not, and a withdrawn one stops at once', async () => {
  const { credentials, document } = makeClient('grafana');
  assert.ok(credentials);
  const both = ['new'.repeat(20), SECRET].map(secret => ({ algorithm: 'sha256' as const, hash: sha256(secret) }));
  front.registry.putClient(ACME, { document, credentials: { ...credentials, secrets: both } });
  const statusOf = async (secret: string) =>
    (await askToken(front, { grant_type: 'refresh_token', refresh_token: 'x' }, { basic: `apps.grafana:${secret}` }))
      .status;
  assert.deepEqual(await Promise.all([SECRET, 'new'.repeat(20), 'wrong'].map(statusOf)), [400, 400, 401]);
  front.registry.putClient(ACME, { document, credentials: { ...credentials, secrets: both.slice(0, 1) } });
  assert.deepEqual(await Promise.all([SECRET, 'new'.repeat(20)].map(statusOf)), [401, 400]);
});

test('what is stored of a secret is not itself a secret', async () => {
  const basic = `apps.grafana:${sha256(SECRET)}`;
  assert.equal((await askToken(front, { grant_type: 'refresh_token', refresh_token: 'x' }, { basic })).status, 401);
});

test('a short secret that somebody brought is checked as argon2id, once for each version', async () => {
  const cost = { memory: 8, passes: 1, parallelism: 1 };
  const salt = Buffer.alloc(16, 1);
  const tag = argon2Sync('argon2id', { ...cost, message: 'hunter2', nonce: salt, tagLength: 32 });
  const secrets = [{ algorithm: 'argon2id' as const, hash: formatPhc({ ...cost, salt, tag }) }];
  front.registry.putClient(ACME, { ...makeClient('grafana'), credentials: { format: 1, secrets } });
  const statusOf = async (secret: string) =>
    (await askToken(front, { grant_type: 'refresh_token', refresh_token: 'x' }, { basic: `apps.grafana:${secret}` }))
      .status;
  assert.deepEqual([await statusOf('hunter2'), await statusOf('hunter3'), await statusOf('hunter2')], [400, 401, 400]);
});

test('somebody who is not in the groups is sent back with access_denied, and let in when they are', async () => {
  front.registry.putClient(ACME, makeClient('grafana', { accessGroups: ['grafana-users'] }));
  const grafana = await openApplication(front);
  const person = openPerson(front);
  const refused = await signIn(person, (await grafana.begin()).url, 'bob');
  assert.equal(errorOf(refused), 'access_denied');
  assert.match(refused.url.searchParams.get('error_description') ?? '', /not allowed to use this application/);
  const joined = new Map([['staff', { users: [ALICE, { ...BOB, groups: ['grafana-users'] }] }]]);
  front.registry.change(ACME, { users: joined });
  assert.ok((await person.open((await grafana.begin()).url)).url.searchParams.has('code'));
});

test('somebody whose group no longer admits them gets no further token and no claims', async () => {
  const { grafana, tokens } = await signInAtGrafana();
  front.registry.putClient(ACME, makeClient('grafana', { accessGroups: ['others'] }));
  await assert.rejects(client.fetchUserInfo(grafana.config, tokens.access_token, 'staff:alice'));
  await assert.rejects(client.refreshTokenGrant(grafana.config, tokens.refresh_token ?? ''), {
    error: 'invalid_grant',
  });
});

test('somebody who was removed from the source is out: no token, no claims, and their session asks again', async () => {
  const { grafana, person, tokens } = await signInAtGrafana();
  front.registry.change(ACME, { users: new Map([['staff', { users: [BOB] }]]) });
  await assert.rejects(client.fetchUserInfo(grafana.config, tokens.access_token, 'staff:alice'));
  await assert.rejects(client.refreshTokenGrant(grafana.config, tokens.refresh_token ?? ''), {
    error: 'invalid_grant',
  });
  assert.match((await person.open((await grafana.begin()).url)).body, /<p>login/);
  assert.equal(errorOf(await person.open((await grafana.begin({ prompt: 'none' })).url)), 'login_required');
});

test('a paused tenant says so on a page, tells prompt=none by redirect, and sign-ins go on afterwards', async () => {
  const { grafana, person } = await signInAtGrafana();
  const tenant = front.registry.tenant(ACME);
  front.registry.change(ACME, { document: { ...tenant.document, paused: true } });
  const page = await person.open((await grafana.begin()).url);
  assert.equal(page.status, 503);
  assert.match(page.body, /Sign-in is paused/);
  assert.equal(errorOf(await person.open((await grafana.begin({ prompt: 'none' })).url)), 'temporarily_unavailable');
  front.registry.change(ACME, { document: tenant.document });
  assert.ok((await person.open((await grafana.begin()).url)).url.searchParams.has('code'));
});

test('a change of the tenant builds a new Provider, and sessions, codes and tokens outlive it', async () => {
  const { grafana, person, tokens } = await signInAtGrafana();
  const { url, checks } = await grafana.begin();
  const page = await person.open(url);
  const { keys } = front.registry.tenant(ACME);
  const fresh = { ...makeKeys('new'), cookies: [...makeKeys('new').cookies, ...keys.cookies] };
  const retiring = keys.signing.map(key => ({ ...key, state: 'Retiring' as const }));
  front.registry.change(ACME, { keys: { ...fresh, signing: [...retiring, ...fresh.signing] } });
  const again = await openApplication(front);
  const claims = (await redeem(again, page, checks)).claims();
  assert.equal(claims?.sub, 'staff:alice');
  assert.ok((await person.open((await grafana.begin()).url)).url.searchParams.has('code'));
  assert.equal((await client.fetchUserInfo(grafana.config, tokens.access_token, 'staff:alice')).sub, 'staff:alice');
});

test('the key set publishes keys that do not sign yet or no more, and no private half', async () => {
  const response = await fetchOf(front)(`${front.issuer('acme')}/jwks`, {
    method: 'GET',
    headers: {},
    redirect: 'manual',
    body: undefined,
  });
  const { keys } = (await response.json()) as { keys: Record<string, string>[] };
  assert.deepEqual(
    keys.map(key => String(key['kid'])).toSorted((a, b) => a.localeCompare(b)),
    ['acme-es', 'acme-next', 'acme-rs'],
  );
  for (const key of keys)
    assert.deepEqual(
      ['d', 'p', 'q', 'dp', 'dq', 'qi'].filter(part => part in key),
      [],
    );
});

test('a tenant that is made again under the same name inherits nothing', async () => {
  const { grafana, person, tokens } = await signInAtGrafana();
  const old = front.registry.tenant(ACME);
  front.registry.drop(ACME);
  const heir = { ...old, document: { ...old.document, uid: 'uid-acme-2' }, hash: 'another' };
  front.registry.put(heir);
  assert.match((await person.open((await grafana.begin()).url)).body, /<p>login/);
  await assert.rejects(client.refreshTokenGrant(grafana.config, tokens.refresh_token ?? ''), {
    error: 'invalid_grant',
  });
});
