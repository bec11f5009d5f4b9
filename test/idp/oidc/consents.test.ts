import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { openMemoryStore } from '#idp/storage/memory.ts';
import { type Store, StoreUnavailable } from '#idp/storage/store.ts';
import type { Page } from '#test/support/person.ts';
import { type Application, openApplication, openPerson } from './application.ts';
import { makeClient, PASSWORD } from './fixture.ts';
import { type Front, openFront } from './front.ts';

/** What a person allowed an application is remembered in the durable store, longer than any session. */

let front: Front;
let argo: Application;
let kept: Store | undefined;
let memory: Store;

beforeEach(async () => {
  memory = openMemoryStore({ now: Date.now });
  kept = memory;
  front = await openFront({ durable: { current: () => kept } });
  front.registry.putClient('uid-acme', makeClient('argo', { skipConsent: false }));
  argo = await openApplication(front, { name: 'argo' });
});
afterEach(async () => {
  await front.close();
  await memory.close();
});

/** A new browser each time: signs in, and is where the sign-in leads. */
async function signInAnew(parameters: Record<string, string> = {}, username = 'alice') {
  const person = openPerson(front);
  const login = await person.open((await argo.begin({ scope: 'openid profile', ...parameters })).url);
  const page = await person.submit(login, { username, password: PASSWORD });
  return { person, page };
}

async function allow(parameters: Record<string, string> = {}, username = 'alice'): Promise<void> {
  const { person, page } = await signInAnew(parameters, username);
  assertCode(await person.submit(page));
}

const assertCode = (page: Page) => assert.ok(page.url.searchParams.has('code'), page.body);
const assertAsked = (page: Page, scopes: string) => assert.match(page.body, new RegExp(`<p>consent ${scopes} <`));

test('what was allowed once is not asked at the next sign-in, in whatever browser', async () => {
  await allow();
  assertCode((await signInAnew()).page);
  assertCode((await signInAnew({ scope: 'openid' })).page);
});

test('only what is new is asked for, and then remembered with the rest', async () => {
  await allow();
  const { person, page } = await signInAnew({ scope: 'openid profile email' });
  assertAsked(page, 'email');
  assertCode(await person.submit(page));
  assertCode((await signInAnew({ scope: 'openid profile email' })).page);
});

test('what was declined is asked again', async () => {
  const { person, page } = await signInAnew();
  const back = await person.submit(page, { decline: 'yes' });
  assert.equal(back.url.searchParams.get('error'), 'access_denied');
  assertAsked((await signInAnew()).page, 'openid profile');
});

test('prompt=consent asks about everything again', async () => {
  await allow();
  assertAsked((await signInAnew({ prompt: 'consent' })).page, 'openid profile');
});

test('somebody else is asked, and so is everybody when the client is made again under its name', async () => {
  await allow();
  assertAsked((await signInAnew({}, 'bob')).page, 'openid profile');
  front.registry.putClient('uid-acme', makeClient('argo', { skipConsent: false, uid: 'another-uid' }));
  assertAsked((await signInAnew()).page, 'openid profile');
});

test('where nothing durable is kept a consent lasts as long as its session', async () => {
  kept = undefined;
  const { person, page } = await signInAnew();
  assertCode(await person.submit(page));
  assertCode(await person.open((await argo.begin({ scope: 'openid profile' })).url));
  assertAsked((await signInAnew()).page, 'openid profile');
});

test('a durable store that is away makes nobody fail: they are asked', async () => {
  await allow();
  const away = () => Promise.reject(new StoreUnavailable('away'));
  kept = { ...memory, read: away, write: away };
  const { person, page } = await signInAnew();
  assertAsked(page, 'openid profile');
  assertCode(await person.submit(page));
  assert.ok(front.log.some(({ message }) => message.startsWith('a consent is not remembered')));
  kept = memory;
  assertCode((await signInAnew()).page);
});
