import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inflateRawSync } from 'node:zlib';
import type { Profile } from '@node-saml/node-saml';
import type { SamlClientDocument } from '#crds/schema/live-config.ts';
import { STATUS } from '#crds/shared/pure/saml/names.ts';
import { samlKey } from '#test/support/saml-keys.ts';
import { fieldsOf, goOn, type House, makeSamlClient, openHouse, type Reply, SLO, signInAt } from './fixture.ts';
import { logoutRequest, postForm, signed } from './messages.ts';
import { nodeSaml, redirectRequest } from './node-saml.ts';

interface App {
  client: SamlClientDocument;
  sp: ReturnType<typeof nodeSaml>;
}

function app(name: string, wish: Partial<SamlClientDocument> = {}): App {
  const base = `https://${name}.example`;
  const key = samlKey(name);
  const client = makeSamlClient({
    uid: `uid-${name}`,
    entityId: base,
    assertionConsumerServices: [{ url: `${base}/acs`, index: 0, isDefault: true }],
    singleLogoutServices: [{ url: `${base}/slo`, responseUrl: null, binding: 'Redirect' }],
    signingCertificates: [key.certificate],
    ...wish,
  });
  const keys = { privateKey: key.keyPem, publicCert: key.certificatePem };
  const sp = nodeSaml({
    issuer: base,
    audience: base,
    callbackUrl: `${base}/acs`,
    logoutCallbackUrl: `${base}/slo`,
    ...keys,
  });
  return { client, sp };
}

async function signInTo(house: House, { sp }: App): Promise<Profile> {
  const answer = await goOn(house, await house.visit(await redirectRequest(sp, '')));
  const { profile } = await sp.validatePostResponseAsync(fieldsOf(answer.text));
  assert.ok(profile);
  return profile;
}

const ours = (url: string) => url.replace(/^https:\/\/acme\.localhost:8443/, '');

async function askLogout(house: House, { sp }: App, profile: Profile, relay = 'back'): Promise<Reply> {
  return house.visit(ours(await sp.getLogoutUrlAsync(profile, relay, {})));
}

/** What an application reads out of a redirect to it, checked by node-saml: signature over the octets, and all else. */
async function read({ sp }: App, reply: Reply) {
  assert.equal(reply.status, 303, reply.text);
  const url = new URL(reply.location ?? '');
  const query = Object.fromEntries(url.searchParams);
  return { ...(await sp.validateRedirectAsync(query, url.search.slice(1))), relay: query['RelayState'] ?? '', url };
}

test('one application asks: the session ends, the others are told one after the other, and it hears at last', async () => {
  const [jira, wiki, chat] = [app('jira2'), app('wiki'), app('chat')];
  await using house = await openHouse(jira.client, wiki.client, chat.client);
  signInAt(house);
  const profile = await signInTo(house, jira);
  const wikiProfile = await signInTo(house, wiki);
  await signInTo(house, chat);
  const first = await askLogout(house, jira, profile);
  assert.deepEqual(
    house.door.ended.map(session => session.entityId),
    ['https://jira2.example'],
  );
  assert.equal(house.door.session, undefined);
  let step = first;
  for (const other of [wiki, chat]) {
    assert.ok(step.location?.startsWith(`${other.client.entityId}/slo?`), step.location);
    const told = await read(other, step);
    assert.equal(told.loggedOut, true);
    assert.ok(Buffer.byteLength(told.relay) <= 80);
    if (other === wiki) {
      assert.equal(told.profile?.nameID, wikiProfile.nameID);
      assert.equal(told.profile?.sessionIndex, wikiProfile.sessionIndex);
    }
    assert.ok(told.profile);
    step = await house.visit(ours(await other.sp.getLogoutResponseUrlAsync(told.profile, told.relay, {}, true)));
  }
  const end = await read(jira, step);
  assert.equal(end.loggedOut, true);
  assert.equal(end.relay, 'back');
});

test('a long logout rests on a page now and then, since browsers follow twenty redirects in a row and no more', async () => {
  const apps = Array.from({ length: 11 }, (_, i) => app(`many${i}`));
  await using house = await openHouse(...apps.map(({ client }) => client));
  signInAt(house);
  const [first, ...others] = apps;
  assert.ok(first);
  const profile = await signInTo(house, first);
  for (const other of others) await signInTo(house, other);
  let step = await askLogout(house, first, profile);
  const pages: number[] = [];
  for (const [i, other] of others.entries()) {
    const refresh = /http-equiv="refresh" content="0;url=([^"]+)"/.exec(step.text)?.[1]?.replaceAll('&amp;', '&');
    if (refresh !== undefined) pages.push(i);
    const told = await read(other, refresh === undefined ? step : { ...step, status: 303, location: refresh });
    assert.ok(told.profile);
    step = await house.visit(ours(await other.sp.getLogoutResponseUrlAsync(told.profile, told.relay, {}, true)));
  }
  assert.deepEqual(pages, [4, 8]);
  assert.equal((await read(first, step)).loggedOut, true);
});

test('an application that cannot be told, or does not agree, makes it a partial logout', async () => {
  const [jira, mute, no] = [app('jira2'), app('mute', { singleLogoutServices: [] }), app('no')];
  for (const other of [mute, no]) {
    await using house = await openHouse(jira.client, other.client);
    signInAt(house);
    const profile = await signInTo(house, jira);
    await signInTo(house, other);
    let step = await askLogout(house, jira, profile);
    if (other === no) {
      const told = await read(no, step);
      assert.ok(told.profile);
      step = await house.visit(ours(await no.sp.getLogoutResponseUrlAsync(told.profile, told.relay, {}, false)));
    }
    const message = new URL(step.location ?? '').searchParams.get('SAMLResponse') ?? '';
    const xml = inflateRawSync(Buffer.from(message, 'base64')).toString();
    assert.ok(xml.includes(STATUS.PartialLogout), xml);
    assert.ok(xml.includes(STATUS.Success));
  }
});

test('an answer that nobody waits for moves nothing: of another application, to another request, or again', async () => {
  const [jira, wiki, chat] = [app('jira2'), app('wiki'), app('chat')];
  await using house = await openHouse(jira.client, wiki.client, chat.client);
  signInAt(house);
  const profile = await signInTo(house, jira);
  await signInTo(house, wiki);
  await signInTo(house, chat);
  const { profile: request, relay } = await read(wiki, await askLogout(house, jira, profile));
  assert.ok(request);
  const answer = async (from: App, to: Profile, state: string) =>
    house.visit(ours(await from.sp.getLogoutResponseUrlAsync(to, state, {}, true)));
  assert.match((await answer(chat, request, relay)).text, /^MessageUnexpected/);
  assert.match((await answer(wiki, { ...request, ID: '_other' }, relay)).text, /^MessageUnexpected/);
  assert.match((await answer(wiki, request, 'elsewhere')).text, /^RequestGone/);
  assert.equal((await answer(wiki, request, relay)).status, 303);
  assert.match((await answer(wiki, request, relay)).text, /^MessageUnexpected/);
});

test('a logout message without a signature, or of another key, is refused', async () => {
  await using house = await openHouse(makeSamlClient({ requireSignedRequests: false }));
  const ask = (xml: string) => house.visit('/saml/slo', { form: postForm(xml) });
  assert.match((await ask(logoutRequest())).text, /^SignatureMissing/);
  assert.match((await ask(signed(logoutRequest(), samlKey('other')))).text, /^SignatureRefused/);
  const response = logoutRequest().replaceAll('LogoutRequest', 'LogoutResponse');
  assert.match(
    (await house.visit('/saml/slo', { form: postForm(response, 'SAMLResponse') })).text,
    /^SignatureMissing/,
  );
});

test('an application ends its own sessions only, and only under the name that it was given', async () => {
  const [jira, wiki] = [app('jira2'), app('wiki')];
  await using house = await openHouse(jira.client, wiki.client);
  signInAt(house);
  const profile = await signInTo(house, jira);
  await signInTo(house, wiki);
  // Another's session: nothing of it is found, so there is nothing to end.
  const foreign = await read(jira, await askLogout(house, jira, { ...profile, sessionIndex: 'sid-uid-wiki' }));
  assert.equal(foreign.loggedOut, true);
  const named = await askLogout(house, jira, { ...profile, nameID: 'somebody-else' });
  await assert.rejects(read(jira, named));
  assert.deepEqual(house.door.ended, []);
});

test('a logout that names no session ends the newest of that person', async () => {
  const jira = app('jira2');
  await using house = await openHouse(jira.client);
  signInAt(house);
  const { sessionIndex: _, ...profile } = await signInTo(house, jira);
  assert.equal((await read(jira, await askLogout(house, jira, profile as Profile))).loggedOut, true);
  assert.equal(house.door.ended.length, 1);
});

test('a session that is over already is a success, so nobody is left at an error', async () => {
  const jira = app('jira2');
  await using house = await openHouse(jira.client);
  signInAt(house);
  const profile = await signInTo(house, jira);
  await askLogout(house, jira, profile);
  const again = await read(jira, await askLogout(house, jira, profile));
  assert.equal(again.loggedOut, true);
  assert.equal(house.door.ended.length, 1);
});

test('over POST the request is verified and the answer goes where the application wants it', async () => {
  const responseUrl = `${SLO}/done`;
  const singleLogoutServices = [{ url: SLO, responseUrl, binding: 'POST' as const }];
  await using house = await openHouse(makeSamlClient({ singleLogoutServices }));
  const reply = await house.visit('/saml/slo', { form: postForm(signed(logoutRequest())) });
  assert.ok(reply.text.includes(`action="${responseUrl}"`));
  const { loggedOut } = await nodeSaml({ validateInResponseTo: 'never' as never }).validatePostResponseAsync(
    fieldsOf(reply.text),
  );
  assert.equal(loggedOut, true);
});

test('a request that has expired ends nothing', async () => {
  await using house = await openHouse(makeSamlClient());
  const attributes = ` NotOnOrAfter="${new Date(Date.now() - 1000).toISOString()}"`;
  const reply = await house.visit('/saml/slo', { form: postForm(signed(logoutRequest({ attributes }))) });
  const url = new URL(reply.location ?? '');
  const xml = inflateRawSync(Buffer.from(url.searchParams.get('SAMLResponse') ?? '', 'base64')).toString();
  assert.ok(xml.includes(STATUS.RequestDenied), xml);
  assert.deepEqual(house.door.ended, []);
});

test('an apostrophe in RelayState survives the browser, which writes it as %27', async () => {
  await using house = await openHouse(makeSamlClient());
  const form = `${postForm(signed(logoutRequest()))}&RelayState=it's`;
  const reply = await house.visit('/saml/slo', { form });
  const url = new URL(reply.location ?? '');
  const sp = nodeSaml({ validateInResponseTo: 'never' as never });
  const { loggedOut } = await sp.validateRedirectAsync(Object.fromEntries(url.searchParams), url.search.slice(1));
  assert.equal(loggedOut, true);
  assert.equal(url.searchParams.get('RelayState'), "it's");
});

test('of two answers to one question at the same instant, one goes on', async () => {
  const [jira, wiki, chat] = [app('jira2'), app('wiki'), app('chat')];
  await using house = await openHouse(jira.client, wiki.client, chat.client);
  signInAt(house);
  const profile = await signInTo(house, jira);
  await signInTo(house, wiki);
  await signInTo(house, chat);
  const { profile: request, relay } = await read(wiki, await askLogout(house, jira, profile));
  assert.ok(request);
  const answer = () => wiki.sp.getLogoutResponseUrlAsync(request, relay, {}, true);
  const urls = await Promise.all([answer(), answer(), answer()]);
  house.clock.storeDelay = 50;
  const replies = await Promise.all(urls.map(url => house.visit(ours(url))));
  assert.equal(replies.filter(reply => reply.status === 303).length, 1);
});
