import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as samlify from 'samlify';
import { BINDING_URIS } from '#crds/shared/pure/saml/names.ts';
import { ACS, IDP, ISSUER, idpKey, makeSamlClient, openHouse, SLO, SP, spKey } from './fixture.ts';
import { authnRequest, logoutRequest, NS, postForm, signatureOf, signed, without } from './messages.ts';

/**
 * Signature wrapping: a genuine signature, and values that it does not cover. `evil` is what the attacker wants to be
 * read. Each arrangement is made of an AuthnRequest and of a LogoutRequest.
 */

interface Message {
  /** The genuine, signed message, and the attacker's, with room for something in it. */
  good: string;
  evil: (inner: string, id?: string) => string;
  path: string;
}

function messages(): Record<string, Message> {
  return {
    AuthnRequest: {
      good: signed(authnRequest()),
      evil: (inner, id = '_evil') => authnRequest({ id, consumer: `${ACS}/second`, inner }),
      path: '/saml/sso',
    },
    LogoutRequest: {
      good: signed(logoutRequest()),
      evil: (inner, id = '_evil') => logoutRequest({ id, nameId: 'victim', inner }),
      path: '/saml/slo',
    },
  };
}

const object = (inner: string) => `<ds:Object xmlns:ds="http://www.w3.org/2000/09/xmldsig#">${inner}</ds:Object>`;
const extensions = (inner: string) => `<samlp:Extensions ${NS}>${inner}</samlp:Extensions>`;
const withObject = (signature: string, inner: string) =>
  signature.replace('</ds:Signature>', `${object(inner)}</ds:Signature>`);

/** XSW1 to 8 (Somorovsky et al., 2012), carried over from responses to requests, and the two that libraries fell for. */
const ARRANGEMENTS: Record<string, (message: Message) => string> = {
  'XSW1: the original inside the signature': ({ good, evil }) => evil(withObject(signatureOf(good), without(good))),
  'XSW2: signature, then the original, side by side': ({ good, evil }) => evil(signatureOf(good) + without(good)),
  'XSW3: the original before, with its own signature': ({ good, evil }) => evil(good),
  'XSW4: the original beside a copy of the signature': ({ good, evil }) => evil(signatureOf(good) + good),
  'XSW5: the same id twice': ({ good, evil }) => evil(signatureOf(good) + without(good), '_good'),
  'XSW6: the evil one inside the signature of the original': ({ good, evil }) =>
    good.replace(signatureOf(good), withObject(signatureOf(good), evil(''))),
  'XSW7: the original in Extensions, without its signature': ({ good, evil }) =>
    evil(signatureOf(good) + extensions(without(good))),
  'XSW8: the original in an Object of its signature, in Extensions': ({ good, evil }) =>
    evil(extensions(withObject(signatureOf(good), without(good)))),
  'the original in Extensions, with its signature': ({ good, evil }) => evil(extensions(good)),
  'the original nested twice': ({ good, evil }) => evil(signatureOf(good) + extensions(evil(without(good), '_more'))),
  'the genuine signature on an evil message with its id': ({ good, evil }) => evil(signatureOf(good), '_good'),
};

for (const name of ['AuthnRequest', 'LogoutRequest'])
  for (const [what, arrange] of Object.entries(ARRANGEMENTS))
    test(`${name}, ${what}: refused`, async () => {
      await using house = await openHouse(makeSamlClient());
      const message = messages()[name];
      assert.ok(message);
      const reply = await house.visit(message.path, { form: postForm(arrange(message)) });
      assert.match(reply.text, /^(SignatureRefused|MessageUnreadable)/);
      assert.deepEqual([house.door.wishes, house.door.ended], [[], []]);
    });

for (const name of ['AuthnRequest', 'LogoutRequest'])
  test(`the genuine ${name} is accepted, so what is refused above is refused for its wrapping`, async () => {
    await using house = await openHouse(makeSamlClient());
    const message = messages()[name];
    assert.ok(message);
    const reply = await house.visit(message.path, { form: postForm(message.good) });
    assert.equal(reply.status, 303, reply.text);
  });

/** samlify 2.13.1, set up to demand signatures. tngan/samlify#634. */
function samlifyPair() {
  samlify.setSchemaValidator({ validate: () => Promise.resolve('not looked at') });
  const idp = samlify.IdentityProvider({
    entityID: IDP,
    wantAuthnRequestsSigned: true,
    wantLogoutRequestSigned: true,
    privateKey: idpKey().keyPem,
    signingCert: idpKey().certificatePem,
    singleSignOnService: [{ Binding: BINDING_URIS.POST, Location: `${ISSUER}/saml/sso` }],
    singleLogoutService: [{ Binding: BINDING_URIS.POST, Location: `${ISSUER}/saml/slo` }],
  });
  const sp = samlify.ServiceProvider({
    entityID: SP,
    authnRequestsSigned: true,
    signingCert: spKey().certificatePem,
    assertionConsumerService: [{ Binding: BINDING_URIS.POST, Location: ACS }],
    singleLogoutService: [{ Binding: BINDING_URIS.POST, Location: SLO }],
  });
  return { idp, sp };
}

const WRAPPED = 'XSW7: the original in Extensions, without its signature';

test('samlify 2.13.1 accepts the wrapped AuthnRequest and reads the address of the attacker', async () => {
  const { idp, sp } = samlifyPair();
  const message = messages()['AuthnRequest'];
  assert.ok(message);
  const SAMLRequest = Buffer.from(ARRANGEMENTS[WRAPPED]?.(message) ?? '').toString('base64');
  const { extract } = await idp.parseLoginRequest(sp, 'post', { body: { SAMLRequest } });
  assert.equal(extract.request?.id, '_evil');
  assert.equal(extract.request?.assertionConsumerServiceUrl, `${ACS}/second`);
});

test('samlify 2.13.1 accepts the wrapped LogoutRequest and reads the name of the victim', async () => {
  const { idp, sp } = samlifyPair();
  const message = messages()['LogoutRequest'];
  assert.ok(message);
  const SAMLRequest = Buffer.from(ARRANGEMENTS[WRAPPED]?.(message) ?? '').toString('base64');
  const { extract } = await idp.parseLogoutRequest(sp, 'post', { body: { SAMLRequest } });
  assert.equal(extract.request?.id, '_evil');
  assert.equal(extract.nameID, 'victim');
});
