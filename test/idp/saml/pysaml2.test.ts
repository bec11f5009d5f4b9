import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NAME_ID_FORMATS } from '#crds/shared/pure/saml/names.ts';
import { NO_PYSAML2, openPysaml2, type Pysaml2 } from '#test/support/pysaml2.ts';
import { samlKey } from '#test/support/saml-keys.ts';
import {
  ACS,
  ADA,
  fieldsOf,
  goOn,
  type House,
  IDP,
  makeSamlClient,
  openHouse,
  type Reply,
  SLO,
  SP,
  signInAt,
  spKey,
} from './fixture.ts';
import { authnRequest, logoutRequest, postForm, signed } from './messages.ts';

type BindingName = 'POST' | 'Redirect';

async function visit(house: House, sent: Record<string, unknown>, path: string): Promise<Reply> {
  if (typeof sent['location'] === 'string') return house.visit(sent['location'].replace(/^https:\/\/[^/]*/, ''));
  const inputs = [...String(sent['page']).matchAll(/name="(\w+)" value="([^"]*)"/g)];
  return house.visit(path, {
    form: new URLSearchParams(inputs.map(([, name = '', value = '']) => [name, value])).toString(),
  });
}

async function open(house: House, sloBinding: BindingName): Promise<Pysaml2> {
  const metadata = (await house.visit('/saml/metadata')).text;
  return openPysaml2({ entityId: SP, acs: ACS, slo: SLO, sloBinding, idp: IDP, metadata, key: spKey() });
}

/** Message and RelayState out of whatever the browser is told to do. */
function messageOf(reply: Reply, parameter: string): { message: string; relay: string } {
  const fields =
    reply.status === 303 ? Object.fromEntries(new URL(reply.location ?? '').searchParams) : fieldsOf(reply.text);
  return { message: fields[parameter] ?? '', relay: fields['RelayState'] ?? '' };
}

for (const binding of ['Redirect', 'POST'] as const)
  test(`pysaml2 signs a person in and out over ${binding}`, { skip: NO_PYSAML2 }, async () => {
    const singleLogoutServices = [{ url: SLO, responseUrl: null, binding }];
    await using house = await openHouse(makeSamlClient({ singleLogoutServices }));
    await using sp = await open(house, binding);
    signInAt(house);
    const answer = await goOn(
      house,
      await visit(house, await sp.do({ do: 'login', binding, relay: 'where' }), '/saml/sso'),
    );
    const { message, relay } = messageOf(answer, 'SAMLResponse');
    assert.equal(relay, 'where');
    const person = await sp.do({ do: 'acs', response: message });
    assert.equal(person['format'], NAME_ID_FORMATS.persistent);
    assert.deepEqual((person['attributes'] as Record<string, unknown>)['mail'], [ADA.email]);
    assert.deepEqual((person['attributes'] as Record<string, unknown>)['groups'], [...ADA.groups]);
    const ended = await visit(house, await sp.do({ do: 'logout', binding }), '/saml/slo');
    const response = messageOf(ended, 'SAMLResponse').message;
    assert.equal((await sp.do({ do: 'logout_response', response, binding }))['ok'], true);
    assert.deepEqual(
      house.door.ended.map(session => session.sessionIndex),
      [person['sessionIndex']],
    );
  });

for (const binding of ['Redirect', 'POST'] as const)
  test(`pysaml2 is told of a logout by another over ${binding}, and its answer is taken`, {
    skip: NO_PYSAML2,
  }, async () => {
    const other = 'https://other.example';
    await using house = await openHouse(
      makeSamlClient({ singleLogoutServices: [{ url: SLO, responseUrl: null, binding }] }),
      makeSamlClient({
        uid: 'uid-other',
        entityId: other,
        signingCertificates: [samlKey('other').certificate],
        nameId: { format: 'unspecified', source: 'username' },
      }),
    );
    await using sp = await open(house, binding);
    signInAt(house);
    const answer = await goOn(house, await visit(house, await sp.do({ do: 'login', binding, relay: '' }), '/saml/sso'));
    await sp.do({ do: 'acs', response: messageOf(answer, 'SAMLResponse').message });
    await goOn(
      house,
      await house.visit('/saml/sso', { form: postForm(signed(authnRequest({ issuer: other }), samlKey('other'))) }),
    );
    const xml = logoutRequest({ id: '_bye', issuer: other, sessionIndex: 'sid-uid-other' });
    const told = await house.visit('/saml/slo', { form: postForm(signed(xml, samlKey('other'))) });
    const { message, relay } = messageOf(told, 'SAMLRequest');
    assert.notEqual(message, '', told.text);
    const done = await visit(
      house,
      await sp.do({ do: 'logout_request', request: message, binding, relay }),
      '/saml/slo',
    );
    assert.notEqual(messageOf(done, 'SAMLResponse').message, '', done.text);
  });
