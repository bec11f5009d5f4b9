import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { createRemoteJWKSet, customFetch, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import * as client from 'openid-client';
import { askToken, fetchOf, openApplication, openPerson, signIn } from './application.ts';
import { hashPassword, makeClient, SECRET, sha256 } from './fixture.ts';
import { type Front, openFront } from './front.ts';

/** Programs that sign in for themselves: the client credentials grant (RFC 6749 section 4.4). */

const ACME = 'uid-acme';
const ORDERS = 'https://orders.acme.example';
const STOCK = 'urn:acme:stock';
let front: Front;

function makeMachine(fields: Parameters<typeof makeClient>[1] = {}) {
  return makeClient('sync', {
    type: 'Machine',
    redirectUris: [],
    postLogoutRedirectUris: [],
    grantTypes: ['client_credentials'],
    scopes: [],
    accessGroups: [],
    lifetimes: { accessTokenSeconds: 300, refreshTokenSeconds: 86_400 },
    ...fields,
  });
}

beforeEach(async () => {
  front = await openFront({ tenants: ['acme', 'globex'] });
  front.registry.putClient(ACME, makeMachine());
  front.registry.putClient(ACME, makeClient('grafana'));
});
afterEach(() => front.close());

const openMachine = (auth?: client.ClientAuth) => openApplication(front, { name: 'sync', ...(auth && { auth }) });

async function ask(body: Record<string, string>, basic = `apps.sync:${SECRET}`, tenant = 'acme') {
  const response = await askToken(front, { grant_type: 'client_credentials', ...body }, { basic, tenant });
  return { status: response.status, body: (await response.json()) as Record<string, unknown>, response };
}

const kept = (token: string) => front.store.read(`${ACME}/ClientCredentials/${token}`);

test('a machine gets a token with its secret, in the header or in the body, and nothing else', async () => {
  const { config } = await openMachine();
  const tokens = await client.clientCredentialsGrant(config);
  const { access_token, ...rest } = tokens;
  assert.match(access_token, /^[-_A-Za-z0-9]{43}$/);
  assert.deepEqual({ ...rest }, { expires_in: 300, token_type: 'bearer' });
  assert.equal((await kept(access_token))?.value['clientId'], 'apps.sync');

  front.registry.putClient(ACME, makeMachine({ tokenEndpointAuthMethod: 'client_secret_post' }));
  const other = await openMachine(client.ClientSecretPost(SECRET));
  assert.ok((await client.clientCredentialsGrant(other.config)).access_token);
  const { response } = await ask({ client_id: 'apps.sync', client_secret: SECRET }, '');
  assert.equal(response.headers.get('set-cookie'), null);
});

test('a client of people has no such grant, and a machine no other', async () => {
  const people = await ask({}, `apps.grafana:${SECRET}`);
  assert.deepEqual([people.status, people.body['error']], [400, 'invalid_request']);
  for (const grant of [
    { grant_type: 'refresh_token', refresh_token: 'x' },
    { grant_type: 'authorization_code', code: 'x', redirect_uri: 'https://sync.example/cb' },
    { grant_type: 'password', username: 'alice', password: 'x' },
  ])
    assert.equal((await ask(grant)).status, 400, grant.grant_type);
});

test('nobody signs in to a machine', async () => {
  const machine = await openMachine();
  for (const response_type of ['code', 'none']) {
    const page = await openPerson(front).open((await machine.begin({ response_type })).url);
    assert.equal(page.status, 400, response_type);
    assert.equal(page.headers.location, undefined);
  }
});

test('a wrong secret, none, and the hash that is stored are refused', async () => {
  for (const secret of ['wrong', sha256(SECRET)])
    assert.equal((await ask({}, `apps.sync:${secret}`)).body['error'], 'invalid_client', secret);
  assert.equal((await ask({}, 'apps.sync:')).status, 400);
  assert.equal((await ask({ client_id: 'apps.sync' }, '')).status, 401);
});

test('a short secret that somebody brought is good for a machine, too', async () => {
  const [algorithm, hash] = ['argon2id' as const, hashPassword('hunter2')];
  front.registry.putClient(ACME, { ...makeMachine(), credentials: { format: 1, secrets: [{ algorithm, hash }] } });
  const statusOf = async (secret: string) => (await ask({}, `apps.sync:${secret}`)).status;
  assert.deepEqual([await statusOf('hunter2'), await statusOf('hunter3')], [200, 401]);
});

test('the token of a machine opens no userinfo, whatever its form', async () => {
  const opaque = await ask({});
  front.registry.putClient(ACME, makeMachine({ jwtAudiences: [ORDERS] }));
  const jwt = await ask({});
  for (const { body } of [opaque, jwt]) {
    const answer = await fetchOf(front)(`${front.issuer('acme')}/me`, {
      method: 'GET',
      headers: { authorization: `Bearer ${String(body['access_token'])}` },
      redirect: 'manual',
      body: undefined,
    });
    assert.equal(answer.status, 401);
  }
});

test('scopes are about people: a machine that asks for some is told to leave them out', async () => {
  for (const jwtAudiences of [undefined, [ORDERS]]) {
    front.registry.putClient(ACME, makeMachine(jwtAudiences && { jwtAudiences }));
    for (const scope of ['openid', 'orders:read', 'offline_access']) {
      const { status, body } = await ask({ scope, ...(jwtAudiences && { resource: ORDERS }) });
      assert.deepEqual([status, body['error']], [400, 'invalid_scope'], scope);
      assert.match(String(body['error_description']), /leave scope out/);
    }
    assert.equal((await ask({ scope: '' })).status, 200);
  }
});

test('a machine that is disabled or removed is unknown at once', async () => {
  assert.equal((await ask({})).status, 200);
  front.registry.putClient(ACME, makeMachine({ enabled: false }));
  assert.deepEqual([(await ask({})).status, (await ask({})).body['error']], [401, 'invalid_client']);
});

test('another tenant knows neither the machine nor its tokens', async () => {
  const elsewhere = await ask({}, undefined, 'globex');
  assert.deepEqual([elsewhere.status, elsewhere.body['error']], [401, 'invalid_client']);

  const other = makeMachine();
  const secrets = [{ algorithm: 'sha256' as const, hash: sha256('another secret') }];
  front.registry.putClient('uid-globex', { ...other, credentials: { format: 1, secrets } });
  assert.equal((await ask({}, undefined, 'globex')).status, 401);

  const token = String((await ask({})).body['access_token']);
  const globex = await openApplication(front, {
    tenant: 'globex',
    name: 'sync',
    auth: client.ClientSecretBasic('another secret'),
  });
  await client.tokenRevocation(globex.config, token);
  assert.ok(await kept(token));
});

test('a machine takes back its own opaque token, and nobody else’s', async () => {
  const token = String((await ask({})).body['access_token']);
  await client.tokenRevocation((await openApplication(front)).config, token);
  assert.ok(await kept(token));
  await client.tokenRevocation((await openMachine()).config, token);
  assert.equal(await kept(token), undefined);
});

const keySetOf = (tenant: string) =>
  createRemoteJWKSet(new URL(`${front.issuer(tenant)}/jwks`), {
    [customFetch]: (url, { method, headers }) =>
      fetchOf(front)(url, { method, headers: Object.fromEntries(headers), redirect: 'manual', body: undefined }),
  });

test('a JWT is checked by its API alone: signature, issuer, audience, type and end', async () => {
  front.registry.putClient(ACME, makeMachine({ jwtAudiences: [ORDERS, STOCK] }));
  const { config } = await openMachine();
  const before = Math.floor(Date.now() / 1000);
  const { access_token: token, expires_in } = await client.clientCredentialsGrant(config);
  assert.equal(expires_in, 300);
  const issuer = front.issuer('acme');
  const check = { issuer, audience: ORDERS, typ: 'at+jwt', algorithms: ['ES256'] };
  const { payload, protectedHeader } = await jwtVerify(token, keySetOf('acme'), check);
  assert.equal(protectedHeader.kid, 'acme-es');
  const { iat = 0, exp = 0, jti, ...claims } = payload;
  assert.deepEqual(claims, { sub: 'apps.sync', client_id: 'apps.sync', iss: issuer, aud: ORDERS });
  assert.ok(jti && iat >= before);
  assert.equal(exp - iat, 300);
  await assert.rejects(jwtVerify(token, keySetOf('acme'), { ...check, audience: STOCK }), { claim: 'aud' });
  await assert.rejects(jwtVerify(token, keySetOf('globex')), { code: 'ERR_JWKS_NO_MATCHING_KEY' });
});

test('a machine names the API that its JWT is for, one of its list', async () => {
  front.registry.putClient(ACME, makeMachine({ jwtAudiences: [ORDERS, STOCK] }));
  const { config } = await openMachine();
  const { access_token: token } = await client.clientCredentialsGrant(config, { resource: STOCK });
  assert.equal(decodeJwt(token).aud, STOCK);
  assert.equal(decodeProtectedHeader(token).typ, 'at+jwt');
  for (const resource of [`${ORDERS}/`, 'https://other.example', 'orders', front.issuer('acme')])
    assert.deepEqual((await ask({ resource })).body['error'], 'invalid_target', resource);
  const both = new URLSearchParams([
    ['resource', ORDERS],
    ['resource', STOCK],
  ]);
  await assert.rejects(client.clientCredentialsGrant(config, both), { error: 'invalid_target' });
});

test('whose tokens are opaque may name no API, and nor may a client of people', async () => {
  assert.equal((await ask({ resource: ORDERS })).body['error'], 'invalid_target');
  // Nobody can write such a document by the API; but the types of the documents allow it.
  front.registry.putClient(ACME, makeClient('grafana', { jwtAudiences: [ORDERS] }));
  const grafana = await openApplication(front);
  const page = await signIn(openPerson(front), (await grafana.begin({ resource: ORDERS })).url);
  assert.equal(page.url.searchParams.get('error'), 'invalid_target');
});

test('a list of APIs that changes counts from the next request on', async () => {
  front.registry.putClient(ACME, makeMachine({ jwtAudiences: [ORDERS] }));
  assert.equal((await ask({ resource: STOCK })).status, 400);
  front.registry.putClient(ACME, makeMachine({ jwtAudiences: [STOCK] }));
  assert.equal(decodeJwt(String((await ask({})).body['access_token'])).aud, STOCK);
});
