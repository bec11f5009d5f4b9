import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { html } from '#operator/local/demo/html.ts';
import { claimsPage } from '#operator/local/demo/pages.ts';
import { type Demo, startDemo } from '#operator/local/demo/server.ts';
import type { DemoClient } from '#operator/local/demo/sign-in.ts';
import { type DevelopmentCa, openDevelopmentCa } from '#operator/local/development-ca.ts';
import { createPerson } from '#test/support/person.ts';
import { freePort } from '#test/support/program.ts';

/** The demo app without an identity provider; test/system signs in through it. */

const EVIL = '<script>alert(1)</script>"\'&';
let ca: DevelopmentCa;
let demo: Demo;
let client: DemoClient;

before(async () => {
  const store = { load: async () => undefined, save: async () => undefined };
  ca = await openDevelopmentCa({ store, now: () => new Date() });
  const issuer = `https://acme.localhost:${await freePort()}`;
  client = { key: 'team/wiki', application: EVIL, tenant: 'Acme', issuer, clientId: 'team.wiki', scopes: ['openid'] };
  const certificate = await ca.issue(['demo.localhost']);
  demo = await startDemo({ clients: async () => [client], port: 0, certificate, ca: ca.certificate });
});
after(() => demo[Symbol.asyncDispose]());

test('the home page lists the clients and escapes their names', async () => {
  const page = await createPerson({ ca: ca.certificate }).open(demo.origin);
  assert.equal(page.status, 200);
  assert.match(page.body, /href="\/sign-in\?client=team%2Fwiki"/);
  assert.ok(page.body.includes('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;'));
  assert.ok(!page.body.includes('<script>'));
  assert.match(
    String(page.headers['content-security-policy']),
    /default-src 'none'.*form-action 'self' https:\/\/acme/,
  );
});

test('an identity provider that does not answer is a page that says so', async () => {
  const page = await createPerson({ ca: ca.certificate }).open(`${demo.origin}/sign-in?client=team/wiki`);
  assert.equal(page.status, 502);
  assert.match(page.body, /That did not work/);
  assert.match(page.body, /ECONNREFUSED/);
});

test('a callback that this browser did not begin is refused', async () => {
  const page = await createPerson({ ca: ca.certificate }).open(`${demo.origin}/callback?code=stolen&state=x`);
  assert.equal(page.status, 400);
  assert.match(page.body, /did not begin here/);
});

test('an unknown page and an unknown application are 404, a wrong method too', async () => {
  const person = createPerson({ ca: ca.certificate });
  assert.equal((await person.open(`${demo.origin}/nothing`)).status, 404);
  assert.equal((await person.open(`${demo.origin}/sign-in?client=other`)).status, 404);
  assert.equal((await person.open(`${demo.origin}/sign-out`)).status, 404);
});

test('claims are shown escaped, times are readable', () => {
  const page = claimsPage(client, { claims: { sub: EVIL, exp: 1_700_000_000 }, userInfo: {}, idToken: 'x' });
  assert.ok(!page.includes('<script>'));
  assert.match(page, /2023-11-14T22:13:20Z/);
});

test('templates escape text, keep markup of their own kind and leave out undefined', () => {
  assert.equal(html`<p>${'<b>'}${html`<i>`}${undefined}${[1, '&']}</p>`.text, '<p>&lt;b&gt;<i>1&amp;</p>');
});
