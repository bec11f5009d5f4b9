import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SAML } from '@node-saml/node-saml';
import { NAME_ID_FORMATS } from '#crds/shared/pure/saml/names.ts';
import { ACS, ADA, fieldsOf, goOn, IDP, ISSUER, makeSamlClient, openHouse, SP, signInAt } from './fixture.ts';
import { nodeSaml, postRequest, redirectRequest } from './node-saml.ts';

/** Without the characters that node-saml signs in one encoding and sends in another: space and !'()~. */
const PLAIN_RELAY = 'https://jira.example/browse/ABC-1?x="<b>"&y=%2B+ü';
const RELAY = 'https://jira.example/browse/ABC-1?x=<script>alert("1")</script>&y=%2B+ü \'~!';

/** The application hears of it, and gets no assertion. */
async function assertRefused(sp: SAML, fields: Record<string, string>, status: string): Promise<void> {
  await assert.rejects(sp.validatePostResponseAsync(fields), /SAML provider returned/);
  const xml = Buffer.from(fields['SAMLResponse'] ?? '', 'base64').toString();
  assert.ok(xml.includes(`<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:${status}">`), xml);
  assert.ok(!xml.includes('Assertion'));
}

test('node-saml signs a person in over Redirect and gets every fact', async () => {
  await using house = await openHouse(makeSamlClient());
  const sp = nodeSaml();
  signInAt(house);
  const first = await house.visit(await redirectRequest(sp, PLAIN_RELAY));
  assert.equal(first.status, 303);
  assert.match(first.location ?? '', /^https:\/\/acme\.localhost:8443\/auth\?state=/);
  const answer = await goOn(house, first);
  assert.equal(answer.status, 200);
  assert.ok(answer.text.includes(`action="${ACS}"`));
  const fields = fieldsOf(answer.text);
  assert.equal(fields['RelayState'], PLAIN_RELAY);
  const { profile } = await sp.validatePostResponseAsync(fields);
  assert.equal(profile?.issuer, IDP);
  assert.equal(profile?.nameIDFormat, NAME_ID_FORMATS.persistent);
  assert.equal(profile?.nameQualifier, IDP);
  assert.equal(profile?.spNameQualifier, SP);
  assert.equal(profile?.sessionIndex, 'sid-uid-jira');
  assert.equal(profile?.['urn:oid:0.9.2342.19200300.100.1.3'], ADA.email);
  assert.deepEqual(profile?.['groups'], ADA.groups);
  assert.equal(profile?.['full name'], ADA.name);
});

test('node-saml signs a person in over POST', async () => {
  await using house = await openHouse(makeSamlClient());
  const sp = nodeSaml({ authnRequestBinding: 'HTTP-POST', skipRequestCompression: true });
  signInAt(house);
  const first = await house.visit('/saml/sso', { form: await postRequest(sp, RELAY) });
  const fields = fieldsOf((await goOn(house, first)).text);
  assert.equal(fields['RelayState'], RELAY);
  const { profile } = await sp.validatePostResponseAsync(fields);
  assert.equal(profile?.sessionIndex, 'sid-uid-jira');
});

test('the binding cookie is Lax, host-bound and gone after the sign-in', async () => {
  await using house = await openHouse(makeSamlClient());
  signInAt(house);
  const first = await house.visit(await redirectRequest(nodeSaml(), ''));
  assert.match(
    first.cookies[0] ?? '',
    /^__Host-saml-[-\w]{12}=[-\w]{43}; Path=\/; Max-Age=1800; Secure; HttpOnly; SameSite=Lax$/,
  );
  const answer = await goOn(house, first);
  assert.match(answer.cookies[0] ?? '', /^__Host-saml-[-\w]{12}=; Path=\/; Max-Age=0;/);
});

test('a stored request is taken once', async () => {
  await using house = await openHouse(makeSamlClient());
  signInAt(house);
  const first = await house.visit(await redirectRequest(nodeSaml(), ''));
  const answers = await Promise.all(Array.from({ length: 20 }, () => goOn(house, first)));
  assert.equal(answers.filter(answer => answer.status === 200).length, 1);
  assert.ok(answers.every(answer => answer.status === 200 || answer.text.startsWith('RequestGone')));
});

test('another browser cannot continue a request, nor use it up', async () => {
  await using house = await openHouse(makeSamlClient());
  signInAt(house);
  const first = await house.visit(await redirectRequest(nodeSaml(), ''));
  for (const cookies of [[], ['__Host-saml-x=y']]) {
    const stolen = await goOn(house, { ...first, cookies });
    assert.match(stolen.text, /^OtherBrowser/);
  }
  assert.equal((await goOn(house, first)).status, 200);
});

test('a request of one tenant is nothing at another', async () => {
  await using house = await openHouse(makeSamlClient());
  await using other = await openHouse(makeSamlClient());
  signInAt(other);
  const first = await house.visit(await redirectRequest(nodeSaml(), ''));
  assert.match((await goOn(other, first)).text, /^RequestGone/);
});

test('ForceAuthn holds although the browser stripped it from the address of the door', async () => {
  await using house = await openHouse(makeSamlClient());
  const sp = nodeSaml({ forceAuthn: true });
  signInAt(house, ADA, Math.floor(Date.now() / 1000) - 60);
  const first = await house.visit(await redirectRequest(sp, ''));
  assert.equal(house.door.wishes[0]?.forceAuthn, true);
  const refused = fieldsOf((await goOn(house, first)).text);
  await assertRefused(sp, refused, 'AuthnFailed');
  const second = await house.visit(await redirectRequest(sp, ''));
  signInAt(house, ADA, Math.floor(Date.now() / 1000) + 1);
  assert.ok((await sp.validatePostResponseAsync(fieldsOf((await goOn(house, second)).text))).profile);
});

test('IsPassive answers NoPassive when nobody is signed in', async () => {
  await using house = await openHouse(makeSamlClient());
  const sp = nodeSaml({ passive: true });
  const first = await house.visit(await redirectRequest(sp, 'r'));
  assert.equal(house.door.wishes[0]?.isPassive, true);
  const fields = fieldsOf((await goOn(house, first, '&error=login_required')).text);
  assert.equal(fields['RelayState'], 'r');
  // node-saml reads NoPassive as "nobody", and any other status as an error.
  assert.equal((await sp.validatePostResponseAsync(fields)).profile, null);
});

test('an error at the door is never a sign-in, whoever is signed in', async () => {
  await using house = await openHouse(makeSamlClient());
  const sp = nodeSaml();
  signInAt(house);
  const first = await house.visit(await redirectRequest(sp, ''));
  const fields = fieldsOf((await goOn(house, first, '&error=access_denied')).text);
  await assertRefused(sp, fields, 'RequestDenied');
});

test('access is checked again after the sign-in', async () => {
  await using house = await openHouse(makeSamlClient({ accessGroups: ['accounting'] }));
  const sp = nodeSaml();
  signInAt(house);
  const fields = fieldsOf((await goOn(house, await house.visit(await redirectRequest(sp, '')))).text);
  await assertRefused(sp, fields, 'RequestDenied');
});

test('an application that was disabled, or moved, while its person typed gets nothing', async () => {
  await using house = await openHouse(makeSamlClient());
  signInAt(house);
  const first = await house.visit(await redirectRequest(nodeSaml(), ''));
  house.clients[0] = makeSamlClient({ enabled: false });
  assert.match((await goOn(house, first)).text, /^IssuerUnknown/);
  house.clients[0] = makeSamlClient();
  const second = await house.visit(await redirectRequest(nodeSaml(), ''));
  house.clients[0] = makeSamlClient({
    assertionConsumerServices: [{ url: 'https://new.example/acs', index: 0, isDefault: true }],
  });
  assert.match((await goOn(house, second)).text, /^ConsumerUnknown/);
});

test('an unregistered address for the answer is refused, and the refusal is not sent there', async () => {
  await using house = await openHouse(makeSamlClient());
  const sp = nodeSaml({ callbackUrl: 'https://evil.example/acs' });
  const reply = await house.visit(await redirectRequest(sp, ''));
  assert.equal(reply.status, 400);
  assert.match(reply.text, /^ConsumerUnknown/);
  assert.ok(!reply.text.includes('evil'));
});

test('a registered address that is not the default can be chosen', async () => {
  await using house = await openHouse(makeSamlClient());
  const sp = nodeSaml({ callbackUrl: `${ACS}/second` });
  signInAt(house);
  const answer = await goOn(house, await house.visit(await redirectRequest(sp, '')));
  assert.ok(answer.text.includes(`action="${ACS}/second"`));
  assert.ok((await sp.validatePostResponseAsync(fieldsOf(answer.text))).profile);
});

test('another NameID format than the configured one is refused with InvalidNameIDPolicy', async () => {
  await using house = await openHouse(makeSamlClient());
  const sp = nodeSaml({ identifierFormat: NAME_ID_FORMATS.emailAddress });
  const reply = await house.visit(await redirectRequest(sp, ''));
  await assertRefused(sp, fieldsOf(reply.text), 'InvalidNameIDPolicy');
});

test('a context that cannot be met is refused with NoAuthnContext', async () => {
  await using house = await openHouse(makeSamlClient());
  const sp = nodeSaml({ authnContext: ['urn:oasis:names:tc:SAML:2.0:ac:classes:Kerberos'] });
  const reply = await house.visit(await redirectRequest(sp, ''));
  await assertRefused(sp, fieldsOf(reply.text), 'NoAuthnContext');
});

test('an unsigned request is accepted only where the application need not sign', async () => {
  await using house = await openHouse(makeSamlClient());
  const { privateKey: _, ...config } = nodeSaml().options;
  const sp = nodeSaml({ ...(config as object), privateKey: undefined as never });
  assert.match((await house.visit(await redirectRequest(sp, ''))).text, /^SignatureMissing/);
  house.clients[0] = makeSamlClient({ requireSignedRequests: false });
  assert.equal((await house.visit(await redirectRequest(sp, ''))).status, 303);
});

test('a request is accepted once, although its parking was used up', async () => {
  await using house = await openHouse(makeSamlClient());
  const path = await redirectRequest(nodeSaml(), '');
  assert.equal((await house.visit(path)).status, 303);
  assert.match((await house.visit(path)).text, /^Replayed/);
});

test('a request that is too old, or from the future, is refused', async () => {
  await using house = await openHouse(makeSamlClient());
  const path = await redirectRequest(nodeSaml(), '');
  for (const [minutes, code] of [
    [8, 'TimeWrong'],
    [-3, 'TimeWrong'],
  ] as const) {
    house.clock.now = Date.now() + minutes * 60_000;
    assert.match((await house.visit(path)).text, new RegExp(`^${code}`));
  }
  house.clock.now = Date.now() + 4 * 60_000;
  assert.equal((await house.visit(path)).status, 303);
});

test('a request made for another address is refused', async () => {
  await using house = await openHouse(makeSamlClient());
  const sp = nodeSaml({ entryPoint: 'https://globex.localhost:8443/saml/sso' });
  assert.match((await house.visit(await redirectRequest(sp, ''))).text, /^DestinationWrong/);
});

test('an unknown and a disabled application read the same', async () => {
  await using house = await openHouse(makeSamlClient({ enabled: false }));
  const disabled = await house.visit(await redirectRequest(nodeSaml(), ''));
  const unknown = await house.visit(await redirectRequest(nodeSaml({ issuer: 'https://who.example' }), ''));
  assert.deepEqual([disabled.status, disabled.text], [unknown.status, unknown.text]);
});

test('a person of whom the name is not known gets no assertion', async () => {
  await using house = await openHouse(makeSamlClient({ nameId: { format: 'emailAddress', source: 'email' } }));
  const sp = nodeSaml({ identifierFormat: null });
  const { email: _, ...nameless } = ADA;
  signInAt(house, nameless);
  const fields = fieldsOf((await goOn(house, await house.visit(await redirectRequest(sp, '')))).text);
  await assertRefused(sp, fields, 'InvalidNameIDPolicy');
});

test('what XML cannot carry is an error for the application, not a broken page', async () => {
  await using house = await openHouse(makeSamlClient());
  const sp = nodeSaml();
  signInAt(house, { ...ADA, name: 'bell \u0007' });
  const fields = fieldsOf((await goOn(house, await house.visit(await redirectRequest(sp, '')))).text);
  await assertRefused(sp, fields, 'AuthnFailed');
});

test('paths of others are left alone, and a bare visit says what is missing', async () => {
  await using house = await openHouse(makeSamlClient());
  assert.equal((await house.visit('/saml/nothing')).status, 404);
  assert.match((await house.visit('/saml/sso')).text, /^MessageMissing/);
  assert.match((await house.visit(`/saml/sso?SAMLRequest=${encodeURIComponent(ISSUER)}`)).text, /^MessageUnreadable/);
});
