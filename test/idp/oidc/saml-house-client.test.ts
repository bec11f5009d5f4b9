import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { askToken, openApplication, openPerson, signIn } from './application.ts';
import { makeClient, makeSamlClient, SECRET } from './fixture.ts';
import { type Front, openFront } from './front.ts';
import { openSamlApplication, outcomeOf, type SamlApplication } from './saml-application.ts';

/** The client inside the house, `saml:<uid>`: it leads people to sign-in and to one address of ours, and nowhere else. */

const ID = 'saml:uid-jira';
let front: Front;
let jira: SamlApplication;

before(async () => {
  front = await openFront();
  front.registry.putClient('uid-acme', makeClient('grafana'));
  front.registry.putSamlClient('uid-acme', makeSamlClient('jira'));
  jira = openSamlApplication(front);
});
after(() => front.close());

async function startWith(parameters: Record<string, string>): Promise<URL> {
  const url = await jira.start();
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url;
}

test('it leads to no other address', async () => {
  const grafana = 'https://grafana.example/cb';
  const near = [grafana, `${front.issuer('acme')}/saml/continue/x`, `${front.issuer('acme')}/saml/continue?x=1`];
  for (const redirect_uri of near) {
    const page = await openPerson(front).open(await startWith({ redirect_uri }));
    assert.equal(page.status, 400, redirect_uri);
    assert.equal(page.headers.location, undefined);
  }
});

test('it gets no code, no token and no wider scope', async () => {
  const person = openPerson(front);
  await jira.signIn(person);
  const pkce = { code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' };
  const asked = {
    code: 'requested response_type is not allowed for this client',
    token: 'unsupported response_type requested',
    'id_token token': 'unsupported response_type requested',
    'code none': 'unsupported response_type requested',
  };
  for (const [response_type, reason] of Object.entries(asked)) {
    const { url } = await person.open(await startWith({ response_type, nonce: 'n', ...pkce }));
    const answer = new URLSearchParams(url.search || url.hash.slice(1));
    assert.equal(answer.get('error_description'), reason, response_type);
    assert.deepEqual([answer.has('code'), answer.has('access_token'), answer.has('id_token')], [false, false, false]);
  }
  const wider = await person.open(await startWith({ scope: 'openid profile' }));
  assert.equal(wider.url.searchParams.get('error'), 'invalid_scope');
});

test('it asks for no consent, whatever somebody adds to the address', async () => {
  const person = openPerson(front);
  await jira.signIn(person);
  assert.ok(outcomeOf(await person.open(await startWith({ prompt: 'consent' }))).signedIn);
});

test('it cannot authenticate, neither as a public client nor with a secret', async () => {
  const refresh = { grant_type: 'refresh_token', refresh_token: 'x' };
  const code = { grant_type: 'authorization_code', code: 'x', redirect_uri: `${front.issuer('acme')}/saml/continue` };
  for (const body of [refresh, code]) {
    assert.equal((await askToken(front, { ...body, client_id: ID }, { basic: '' })).status, 401);
    for (const secret of [SECRET, 'undefined'])
      assert.equal((await askToken(front, body, { basic: `${encodeURIComponent(ID)}:${secret}` })).status, 401);
  }
});

test('an OidcClient that bears its name gains nothing: neither its addresses nor its secret', async () => {
  const cuckoo = makeClient('cuckoo', { clientId: ID, redirectUris: ['https://evil.example/cb'] });
  front.registry.putClient('uid-acme', cuckoo);
  const page = await openPerson(front).open(await startWith({ redirect_uri: 'https://evil.example/cb' }));
  assert.equal(page.status, 400);
  const body = { grant_type: 'refresh_token', refresh_token: 'x' };
  const answer = await askToken(front, body, { basic: `${encodeURIComponent(ID)}:${SECRET}` });
  assert.equal(answer.status, 401);
});

test('response_type=none is not advertised, and no other client may ask for it', async () => {
  const grafana = await openApplication(front);
  assert.deepEqual(grafana.config.serverMetadata().response_types_supported, ['code']);
  const person = openPerson(front);
  const page = await signIn(person, (await grafana.begin({ response_type: 'none' })).url);
  assert.equal(page.url.searchParams.get('error'), 'invalid_request');
});

test('a code of an application still needs PKCE', async () => {
  const grafana = await openApplication(front);
  const { url } = await grafana.begin();
  url.searchParams.delete('code_challenge');
  url.searchParams.delete('code_challenge_method');
  assert.equal((await openPerson(front).open(url)).url.searchParams.get('error'), 'invalid_request');
});

test('a logout cannot lead anywhere in its name', async () => {
  const end = `${front.issuer('acme')}/session/end?client_id=${ID}&post_logout_redirect_uri=`;
  for (const address of ['https://jira.example/', `${front.issuer('acme')}/saml/continue`])
    assert.equal((await openPerson(front).open(end + encodeURIComponent(address))).status, 400);
});

test('a SamlClient that is made again under the same entityID does not know the old sessions', async () => {
  const person = openPerson(front);
  const { signedIn } = await jira.signIn(person);
  assert.ok(signedIn);
  front.registry.putSamlClient('uid-acme', makeSamlClient('jira', { uid: 'uid-jira-2' }));
  const session = { entityId: 'https://jira.example', sessionIndex: signedIn.sessionIndex };
  const heir = openSamlApplication(front);
  assert.deepEqual(await front.oidc.saml.end(front.registry.tenant('uid-acme'), session), []);
  const { signedIn: still } = await heir.look(person);
  assert.equal(still?.person.username, 'alice');
  assert.notEqual(still?.sessionIndex, signedIn.sessionIndex);
  front.registry.putSamlClient('uid-acme', makeSamlClient('jira'));
});
