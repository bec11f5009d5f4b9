import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as client from 'openid-client';
import { askToken, fetchOf, openApplication, openPerson, redeem, signIn } from './application.ts';
import { makeClient, SECRET } from './fixture.ts';
import { type Front, openFront } from './front.ts';

let front: Front;

before(async () => {
  front = await openFront();
  const { registry } = front;
  registry.putClient('uid-acme', makeClient('grafana'));
  registry.putClient('uid-acme', makeClient('argo', { idTokenSignedResponseAlg: 'RS256', skipConsent: false }));
  registry.putClient('uid-acme', makeClient('spa', { type: 'Public' }));
  registry.putClient('uid-acme', makeClient('app1', { tokenEndpointAuthMethod: 'client_secret_post' }));
});
after(() => front.close());

const headerOf = (token = '') => JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as object;

test('a person signs in and the application reads an ES256 ID token and userinfo', async () => {
  const grafana = await openApplication(front);
  const { url, checks } = await grafana.begin();
  const page = await signIn(openPerson(front), url);
  const tokens = await redeem(grafana, page, checks);
  const claims = tokens.claims();
  assert.equal(claims?.sub, 'staff:alice');
  assert.deepEqual(claims?.['groups'], ['staff', 'grafana-users']);
  assert.deepEqual(claims?.['amr'], ['pwd']);
  assert.equal(page.url.searchParams.get('iss'), front.issuer('acme'));
  assert.deepEqual(headerOf(tokens.id_token), { alg: 'ES256', kid: 'acme-es' });
  const userinfo = await client.fetchUserInfo(grafana.config, tokens.access_token, 'staff:alice');
  assert.equal(userinfo.email, 'alice@acme.example');
  assert.equal(userinfo.email_verified, true);
  assert.equal(userinfo.preferred_username, 'alice');
});

test('an application that asks for RS256 gets RS256', async () => {
  const argo = await openApplication(front, { name: 'argo', alg: 'RS256' });
  const { url, checks } = await argo.begin();
  const tokens = await redeem(argo, await signIn(openPerson(front), url), checks);
  assert.deepEqual(headerOf(tokens.id_token), { alg: 'RS256', kid: 'acme-rs' });
});

test('scopes decide which claims an application sees', async () => {
  const grafana = await openApplication(front);
  const { url, checks } = await grafana.begin({ scope: 'openid email' });
  const tokens = await redeem(grafana, await signIn(openPerson(front), url), checks);
  const userinfo = await client.fetchUserInfo(grafana.config, tokens.access_token, 'staff:alice');
  assert.deepEqual(userinfo, { sub: 'staff:alice', email: 'alice@acme.example', email_verified: true });
});

test('a public client needs no secret, and a secret does not help it', async () => {
  const spa = await openApplication(front, { name: 'spa', auth: client.None() });
  const { url, checks } = await spa.begin();
  const tokens = await redeem(spa, await signIn(openPerson(front), url), checks);
  assert.equal(tokens.claims()?.sub, 'staff:alice');
  const body = { grant_type: 'authorization_code', code: 'any', redirect_uri: spa.redirectUri };
  assert.equal((await askToken(front, body, { basic: `apps.spa:${SECRET}` })).status, 401);
});

test('a client that posts its secret may not send it as Basic, and the other way round', async () => {
  const app = await openApplication(front, { name: 'app1', auth: client.ClientSecretPost(SECRET) });
  const { url, checks } = await app.begin();
  const tokens = await redeem(app, await signIn(openPerson(front), url), checks);
  assert.equal(tokens.claims()?.sub, 'staff:alice');
});

test('consent is asked for what is new, and not again in the same session', async () => {
  const person = openPerson(front);
  const argo = await openApplication(front, { name: 'argo', alg: 'RS256' });
  const first = await argo.begin({ scope: 'openid email' });
  const login = await person.open(first.url);
  const consent = await person.submit(login, { username: 'alice', password: 'correct horse battery staple' });
  assert.match(consent.body, /consent openid email/);
  const back = await person.submit(consent);
  assert.equal(back.url.origin, 'https://argo.example');
  assert.equal(
    (await person.open((await argo.begin({ scope: 'openid email' })).url)).url.origin,
    'https://argo.example',
  );
  const more = await person.open((await argo.begin({ scope: 'openid email groups' })).url);
  assert.match(more.body, /<p>consent groups/);
  const again = await person.open((await argo.begin({ scope: 'openid email', prompt: 'consent' })).url);
  assert.match(again.body, /<p>consent openid email/);
});

test('who declines comes back to the application with access_denied', async () => {
  const person = openPerson(front);
  const argo = await openApplication(front, { name: 'argo', alg: 'RS256' });
  const page = await person.open((await argo.begin()).url);
  const back = await person.submit(page, { decline: 'yes' });
  assert.equal(back.url.searchParams.get('error'), 'access_denied');
  assert.equal(back.url.searchParams.get('error_description'), 'the person said no');
});

test('a request without PKCE, or with plain, is refused', async () => {
  const grafana = await openApplication(front);
  for (const change of [['code_challenge'], ['code_challenge', 'code_challenge_method'], ['code_challenge_method']]) {
    const { url } = await grafana.begin();
    for (const name of change) url.searchParams.delete(name);
    const back = await signIn(openPerson(front), url);
    assert.equal(back.url.searchParams.get('error'), 'invalid_request', change.join());
    assert.equal(back.url.searchParams.get('code'), null);
  }
  const { url } = await grafana.begin({ code_challenge_method: 'plain' });
  assert.equal((await signIn(openPerson(front), url)).url.searchParams.get('error'), 'invalid_request');
});

test('a wrong or missing code_verifier is refused, and the right one still works', async () => {
  const grafana = await openApplication(front);
  const { url, checks } = await grafana.begin();
  const page = await signIn(openPerson(front), url);
  const code = page.url.searchParams.get('code') ?? '';
  const body = { grant_type: 'authorization_code', code, redirect_uri: grafana.redirectUri };
  assert.equal((await askToken(front, body)).status, 400);
  assert.equal((await askToken(front, { ...body, code_verifier: 'x'.repeat(43) })).status, 400);
  assert.equal(
    (
      await askToken(front, {
        ...body,
        redirect_uri: `${grafana.redirectUri}/`,
        code_verifier: checks.pkceCodeVerifier as string,
      })
    ).status,
    400,
  );
  assert.equal((await redeem(grafana, page, checks)).claims()?.sub, 'staff:alice');
});

test('people have the code flow, machines their credentials, and discovery says so', async () => {
  const response = await fetchOf(front)(`${front.issuer('acme')}/.well-known/openid-configuration`, {
    method: 'GET',
    headers: {},
    redirect: 'manual',
    body: undefined,
  });
  const discovery = (await response.json()) as Record<string, unknown>;
  assert.deepEqual(discovery['response_types_supported'], ['code']);
  assert.deepEqual(discovery['grant_types_supported'], ['authorization_code', 'refresh_token', 'client_credentials']);
  assert.deepEqual(discovery['code_challenge_methods_supported'], ['S256']);
  assert.deepEqual(discovery['id_token_signing_alg_values_supported'], ['ES256', 'RS256']);
  assert.equal(discovery['authorization_response_iss_parameter_supported'], true);
  const grafana = await openApplication(front);
  const { url } = await grafana.begin({ response_type: 'code id_token' });
  assert.equal((await signIn(openPerson(front), url)).url.href.includes('unsupported_response_type'), true);
});

test('a refresh token is exchanged for a new one and new tokens', async () => {
  const grafana = await openApplication(front);
  const { url, checks } = await grafana.begin();
  const first = await redeem(grafana, await signIn(openPerson(front), url), checks);
  const second = await client.refreshTokenGrant(grafana.config, first.refresh_token ?? '');
  assert.notEqual(second.refresh_token, first.refresh_token);
  assert.equal(second.claims()?.sub, 'staff:alice');
  const userinfo = await client.fetchUserInfo(grafana.config, second.access_token, 'staff:alice');
  assert.equal(userinfo.name, 'Alice Example');
});

test('a client without the refresh_token grant gets none', async () => {
  front.registry.putClient('uid-acme', makeClient('app2', { grantTypes: ['authorization_code'] }));
  const app = await openApplication(front, { name: 'app2' });
  const { url, checks } = await app.begin();
  assert.equal((await redeem(app, await signIn(openPerson(front), url), checks)).refresh_token, undefined);
});

test('a revoked refresh token is refused', async () => {
  const grafana = await openApplication(front);
  const { url, checks } = await grafana.begin();
  const tokens = await redeem(grafana, await signIn(openPerson(front), url), checks);
  await client.tokenRevocation(grafana.config, tokens.refresh_token ?? '');
  await assert.rejects(client.refreshTokenGrant(grafana.config, tokens.refresh_token ?? ''), {
    error: 'invalid_grant',
  });
  await assert.rejects(client.fetchUserInfo(grafana.config, tokens.access_token, 'staff:alice'));
});
