import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { openMemoryStore } from '#idp/storage/memory.ts';
import { type Store, StoreUnavailable } from '#idp/storage/store.ts';
import { askToken, fetchOf, openApplication, openPerson, signIn } from './application.ts';
import { makeClient } from './fixture.ts';
import { type Front, openFront } from './front.ts';

/** The handler towards the web room: what is passed on, what may be cached, what happens without a store. */

let front: Front;
let isDown = false;
let isReadOnly = false;

function breakable(store: Store): Store {
  const unless =
    <A extends unknown[], R>(ask: (...args: A) => Promise<R>) =>
    (...args: A): Promise<R> =>
      isDown ? Promise.reject(new StoreUnavailable('the store is away')) : ask(...args);
  return {
    read: unless((key: string) => store.read(key)),
    readByAlias: unless((alias: string) => store.readByAlias(alias)),
    write: unless((...args: Parameters<Store['write']>) =>
      isReadOnly ? Promise.reject(new StoreUnavailable('the store is read-only')) : store.write(...args),
    ),
    consume: unless((key: string, at: number) => store.consume(key, at)),
    remove: unless((key: string) => store.remove(key)),
    removeGroup: unless((group: string) => store.removeGroup(group)),
    close: () => store.close(),
  };
}

beforeEach(async () => {
  isDown = false;
  isReadOnly = false;
  front = await openFront({ store: breakable(openMemoryStore({ now: Date.now })) });
  front.registry.putClient('uid-acme', makeClient('grafana'));
});
afterEach(() => front.close());

const get = (path: string, headers: Record<string, string> = {}) =>
  fetchOf(front)(`${front.issuer('acme')}${path}`, { method: 'GET', headers, redirect: 'manual', body: undefined });

test('discovery and keys may be cached for five minutes, and a known version is not sent again', async () => {
  for (const path of ['/.well-known/openid-configuration', '/jwks']) {
    const first = await get(path);
    assert.equal(first.headers.get('cache-control'), 'public, max-age=300');
    assert.match(first.headers.get('content-type') ?? '', /json/);
    assert.equal(typeof (await first.json()), 'object');
    const again = await get(path, { 'if-none-match': first.headers.get('etag') ?? '' });
    assert.equal(again.status, 304);
  }
});

test('a path that is not of the protocol goes on to the next handler', async () => {
  const response = await get('/no/such/path');
  assert.deepEqual([response.status, await response.text()], [404, 'not here']);
});

test('an unsuitable method is no match either', async () => {
  assert.equal((await get('/token')).status, 404);
});

test('without a store everything is 503 with Retry-After, and the session is there again afterwards', async () => {
  const person = openPerson(front);
  const grafana = await openApplication(front);
  await signIn(person, (await grafana.begin()).url);
  const cookies = JSON.stringify([...person.cookies]);
  isDown = true;
  const page = await person.open((await grafana.begin()).url);
  assert.deepEqual([page.status, page.headers['retry-after']], [503, '5']);
  assert.equal(page.headers['set-cookie'], undefined);
  const silent = await person.open((await grafana.begin({ prompt: 'none' })).url);
  assert.equal(silent.status, 503, 'not login_required: the application would sign the person out');
  const token = await askToken(front, { grant_type: 'refresh_token', refresh_token: 'x' });
  assert.deepEqual([token.status, token.headers.get('retry-after')], [503, '5']);
  assert.equal((await get('/me', { authorization: 'Bearer x' })).status, 503);
  assert.equal(JSON.stringify([...person.cookies]), cookies);
  isDown = false;
  assert.ok((await person.open((await grafana.begin({ prompt: 'none' })).url)).url.searchParams.has('code'));
});

test('a session that cannot be saved is 503 as well', async () => {
  const person = openPerson(front);
  const grafana = await openApplication(front);
  await signIn(person, (await grafana.begin()).url);
  isReadOnly = true;
  const page = await person.open((await grafana.begin({ prompt: 'none' })).url);
  assert.deepEqual([page.status, page.headers['retry-after']], [503, '5']);
  const end = await person.open(`${front.issuer('acme')}/session/end`);
  assert.deepEqual([end.status, end.headers['retry-after']], [503, '5']);
});

test('a store that goes away in the middle of a sign-in costs nothing but patience', async () => {
  const person = openPerson(front);
  const grafana = await openApplication(front);
  const page = await person.open((await grafana.begin()).url);
  isDown = true;
  assert.equal((await person.submit(page, { username: 'alice', password: 'x' })).status, 503);
  isDown = false;
  assert.match((await person.open(page.url)).body, /<p>login/);
});

test('cookies are unreachable for scripts, other hosts and plain HTTP', async () => {
  const grafana = await openApplication(front);
  const page = await openPerson(front).open((await grafana.begin()).url);
  assert.equal(page.status, 200);
  const start = await get(new URL((await grafana.begin()).url).pathname + (await grafana.begin()).url.search);
  const set = start.headers.get('set-cookie') ?? '';
  assert.match(set, /__Secure-sso-question=/);
  for (const attribute of ['httponly', 'secure', 'samesite=lax'])
    assert.ok(set.toLowerCase().includes(attribute), attribute);
});

test('a page of the application may call the token endpoint from its own origin only', async () => {
  front.registry.putClient('uid-acme', makeClient('spa', { type: 'Public' }));
  const ask = async (origin: string) => {
    const response = await fetchOf(front)(`${front.issuer('acme')}/token`, {
      method: 'POST',
      headers: { origin, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ client_id: 'apps.spa', grant_type: 'refresh_token', refresh_token: 'x' }),
      redirect: 'manual',
    });
    return response.headers.get('access-control-allow-origin');
  };
  assert.equal(await ask('https://spa.example'), 'https://spa.example');
  assert.equal(await ask('https://evil.example'), null);
});

test('an error page leaves a line in the log, and no code does', async () => {
  const person = openPerson(front);
  const grafana = await openApplication(front);
  const page = await signIn(person, (await grafana.begin()).url);
  await person.open(`${front.issuer('acme')}/auth?client_id=nobody`);
  const log = JSON.stringify(front.log);
  assert.match(log, /an error page was shown/);
  assert.equal(log.includes(page.url.searchParams.get('code') ?? 'no code'), false);
});
