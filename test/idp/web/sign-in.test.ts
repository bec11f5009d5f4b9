import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createPerson, type Page, type Person } from '#test/support/person.ts';
import { CALLBACK, type Face, PASSWORD, startFace } from './face.ts';

let face: Face;
before(async () => {
  face = await startFace();
});
after(() => face[Symbol.asyncDispose]());

async function arrive(): Promise<{ person: Person; page: Page }> {
  const person = createPerson({ ca: face.ca, stopAt: ['https://wiki.example/'] });
  return { person, page: await person.open(face.authorizeUrl('acme.localhost')) };
}

async function signIn(): Promise<{ person: Person; page: Page }> {
  const { person, page } = await arrive();
  return { person, page: await person.submit(page, { username: 'ada', password: PASSWORD }) };
}

describe('signing in through the pages', () => {
  test('username and password are in one form that password managers know', async () => {
    const { page } = await arrive();
    assert.match(page.body, /<input[^>]* name="username"[^>]* autocomplete="username"/);
    assert.match(page.body, /<input type="password"[^>]* autocomplete="current-password"/);
    assert.match(page.body, /to continue to <strong>Team Wiki<\/strong>/);
    assert.doesNotMatch(page.body, /<script>|<style>|style="|onclick/);
  });

  test('form-action lets the browser go to the addresses of this client and nowhere else', async () => {
    const { page } = await arrive();
    assert.match(String(page.headers['content-security-policy']), /form-action 'self' https:\/\/wiki\.example(;|$)/);
  });

  test('right: consent in plain words, then back to the application with a code', async () => {
    const { person, page } = await signIn();
    assert.match(page.body, /Signed in as Ada Lovelace \(ada\)/);
    assert.match(page.body, /See your e-mail address/);
    const done = await person.submit(page);
    assert.ok(done.url.href.startsWith(CALLBACK), done.url.href);
    assert.deepEqual([done.url.searchParams.get('state'), done.url.searchParams.has('code')], ['st', true]);
    const events = face.audit.slice(-2).map(({ event, outcome, subject }) => ({ event, outcome, subject }));
    assert.deepEqual(events, [
      { event: 'sign-in', outcome: 'success', subject: 'staff:ada' },
      { event: 'consent', outcome: 'success', subject: 'staff:ada' },
    ]);
  });

  test('wrong: the same words for a wrong password and a wrong name, linked to the fields, the name kept, the password not', async () => {
    const { person, page } = await arrive();
    const wrong = await person.submit(page, { username: 'ada', password: 'hunter2' });
    const unknown = await person.submit(page, { username: 'bob', password: 'hunter2' });
    assert.deepEqual([wrong.status, unknown.status], [422, 422]);
    assert.equal(wrong.body.replaceAll('value="ada"', ''), unknown.body.replaceAll('value="bob"', ''));
    assert.match(wrong.body, /id="error" role="alert"/);
    assert.match(wrong.body, /value="ada"[^>]*aria-invalid="true" aria-describedby="error"/);
    assert.doesNotMatch(wrong.body, /hunter2/);
    assert.doesNotMatch(JSON.stringify(face.audit), /hunter2|"bob"/);
  });

  test('too many attempts: 429, Retry-After, and words that say how long', async () => {
    const { person, page } = await arrive();
    let last = page;
    for (let i = 0; i < 8 && last.status !== 429; i += 1)
      last = await person.submit(page, { username: 'mallory', password: 'x' });
    assert.equal(last.status, 429);
    assert.ok(Number(last.headers['retry-after']) >= 1);
    assert.match(last.body, /Please wait/);
  });

  test('cancel and "do not allow" lead back to the application', async () => {
    const { person, page } = await arrive();
    const cancelled = await person.submit(page, {}, '/decline');
    assert.equal(cancelled.url.searchParams.get('error'), 'access_denied');
    const asked = await signIn();
    const refused = await asked.person.submit(asked.page, {}, '/decline');
    assert.equal(refused.url.searchParams.get('error'), 'access_denied');
  });
});

describe('forms, and pages that are too late', () => {
  const FORGERIES: Record<string, Record<string, string>> = {
    'from another site': { origin: 'https://evil.example' },
    'with the origin null': { origin: 'null' },
    'that says nothing of its origin': {},
    'that fetch metadata calls cross-site': { origin: 'SAME', 'sec-fetch-site': 'cross-site' },
    'that fetch metadata calls same-site': { origin: 'SAME', 'sec-fetch-site': 'same-site' },
  };
  for (const [what, headers] of Object.entries(FORGERIES))
    test(`a form ${what} is not accepted, though the cookies are there`, async () => {
      const { person, page } = await arrive();
      const sent = Object.entries(headers).map(([name, value]) => [name, value === 'SAME' ? page.url.origin : value]);
      const told = await person.open(new URL(`${page.url.pathname}/login`, page.url), {
        method: 'POST',
        body: new URLSearchParams({ username: 'ada', password: PASSWORD }).toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...Object.fromEntries(sent) },
      });
      assert.equal(told.status, 403);
    });

  test('a page that was answered already leads back to the application', async () => {
    const { person, page } = await arrive();
    await person.submit(page, {}, '/decline');
    const again = await person.submit(page, { username: 'ada', password: PASSWORD });
    assert.equal(again.status, 410);
    assert.match(again.body, /<a class="button" href="https:\/\/wiki\.example\/?">Back to Team Wiki<\/a>/);
  });

  test('a page of another browser, or of another tenant, is not shown', async () => {
    const { page } = await arrive();
    const other = createPerson({ ca: face.ca });
    assert.equal((await other.open(page.url)).status, 410);
    const { person } = await arrive();
    const elsewhere = new URL(page.url);
    elsewhere.hostname = 'globex.localhost';
    assert.equal((await person.open(elsewhere)).status, 410);
  });

  test('with several sources there is a choice that is kept and obeyed; with one there is none', async () => {
    const { page: one } = await arrive();
    assert.doesNotMatch(one.body, /type="radio"/);
    await face.tenant('globex', { sourceNames: ['Staff', 'Guests'] });
    const person = createPerson({ ca: face.ca, stopAt: ['https://wiki.example/'] });
    const page = await person.open(face.authorizeUrl('globex.localhost'));
    assert.match(page.body, /<legend>Where is your account\?<\/legend>/);
    const wrong = await person.submit(page, { source: 'Guests', username: 'ada', password: 'x' });
    assert.match(wrong.body, /value="Guests" checked/);
    const right = await person.submit(wrong, { source: 'Guests', username: 'ada', password: PASSWORD });
    assert.match(right.body, /Signed in as Ada/);
    assert.equal(face.audit.at(-1)?.subject, 'Guests:ada');
  });

  test('logout asks first, ends the session, and says so', async () => {
    const { person, page } = await signIn();
    await person.submit(page);
    const asked = await person.open(new URL('/session/end?client_id=apps.wiki', page.url));
    assert.match(asked.body, /Sign out of Acme\?/);
    const done = await person.submit(asked);
    assert.match(done.body, /You are signed out/);
    assert.match((await person.open(face.authorizeUrl('acme.localhost'))).body, /<h1>Sign in<\/h1>/);
  });

  test('"stay signed in" leaves the session as it is', async () => {
    const { person, page } = await signIn();
    await person.submit(page);
    const asked = await person.open(new URL('/session/end', page.url));
    await person.submit(asked, {}, 'Stay signed in');
    const again = await person.open(face.authorizeUrl('acme.localhost'));
    assert.doesNotMatch(again.body, /name="password"/);
  });
});

test('a paused tenant says so on its home page and at a sign-in that is under way', async () => {
  await using face = await startFace();
  const person = createPerson({ ca: face.ca });
  const page = await person.open(face.authorizeUrl('acme.localhost'));
  await face.tenant('acme', { paused: true });
  for (const url of [new URL('/', page.url), page.url]) {
    const told = await person.open(url);
    assert.equal(told.status, 503);
    assert.match(told.body, /Sign-in is paused/);
  }
});

test('a change of a client and of a tenant is seen by the next request', async () => {
  await using face = await startFace();
  const person = createPerson({ ca: face.ca });
  const url = face.authorizeUrl('acme.localhost', { redirect_uri: 'https://wiki.example/new' });
  assert.equal((await person.open(url)).status, 400);
  face.client('acme', { redirectUris: ['https://wiki.example/new'] });
  assert.equal((await person.open(url)).status, 200);
  await face.tenant('acme', { displayName: 'Acme & Söhne' });
  assert.match((await person.open(url)).body, /Acme &amp; Söhne/);
});
