import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as client from 'openid-client';
import { openApplication, openPerson, redeem, signIn } from './application.ts';
import { makeClient } from './fixture.ts';
import { type Front, openFront } from './front.ts';

let front: Front;

before(async () => {
  front = await openFront();
  front.registry.putClient('uid-acme', makeClient('grafana'));
  front.registry.putClient('uid-acme', makeClient('argo', { idTokenSignedResponseAlg: 'RS256', skipConsent: false }));
});
after(() => front.close());

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
  const header = JSON.parse(Buffer.from(tokens.id_token?.split('.')[0] ?? '', 'base64url').toString());
  assert.deepEqual([header.alg, header.kid], ['ES256', 'acme-es']);
  const userinfo = await client.fetchUserInfo(grafana.config, tokens.access_token, 'staff:alice');
  assert.equal(userinfo.email, 'alice@acme.example');
  assert.equal(userinfo.email_verified, true);
  assert.equal(userinfo.preferred_username, 'alice');
});
