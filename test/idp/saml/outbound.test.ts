import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SamlClientDocument } from '#crds/schema/live-config.ts';
import { ATTRIBUTE_FORMATS, BEARER, NAME_ID_FORMATS, SAML, SAMLP, STATUS } from '#crds/shared/pure/saml/names.ts';
import { canonicalize } from '#crds/shared/pure/xml/canonical.ts';
import { parseXml } from '#crds/shared/pure/xml/parse.ts';
import { attributeOf, childOf, childrenOf, textOf, type XmlElement } from '#crds/shared/pure/xml/tree.ts';
import { logoutRequest, logoutResponse } from '#idp/saml/outbound/logout.ts';
import type { Person } from '#idp/sources/source.ts';
import { NO_SCHEMAS, NO_XMLSEC, schemaCheck, xmllintCanonical, xmlsecVerify } from '#test/support/xml-tools.ts';
import {
  ACS,
  ADA,
  fieldsOf,
  goOn,
  type House,
  IDP,
  idpKey,
  makeSamlClient,
  openHouse,
  SP,
  signInAt,
} from './fixture.ts';
import { authnRequest, postForm } from './messages.ts';

const LIMITS = { bytes: 100_000, depth: 30, elements: 1000, attributes: 40 };

async function answer(house: House, xml = authnRequest({ id: `_${Math.random()}`.replace('.', '') })): Promise<string> {
  const reply = await goOn(house, await house.visit('/saml/sso', { form: postForm(xml) }));
  return Buffer.from(fieldsOf(reply.text)['SAMLResponse'] ?? '', 'base64').toString();
}

const open = (wish: Partial<SamlClientDocument> = {}) =>
  openHouse(makeSamlClient({ requireSignedRequests: false, ...wish }));

function tree(xml: string): XmlElement {
  return parseXml(Buffer.from(xml), { limits: LIMITS, comments: 'refuse' });
}

/** Not trimmed. */
function rawText(element: XmlElement): string {
  return element.children.filter(child => typeof child === 'string').join('');
}

/** Down a path of names in the assertion namespace. */
function at(root: XmlElement, ...names: string[]): XmlElement {
  return names.reduce((element, name) => {
    const child = childOf(element, SAML, name);
    assert.ok(child, `${element.local} has no ${name}`);
    return child;
  }, root);
}

/** A person whose every fact tries to be markup. */
const MALLORY: Person = {
  ...ADA,
  subject: 'staff:</saml:NameID><saml:NameID>root',
  username: '"><!--',
  email: 'a"&\'<b>@x.example',
  name: ']]><saml:Attribute Name="admin"/>\r\n\t ü 😀',
  groups: ['</saml:AttributeValue><saml:AttributeValue>admins', ' spaces '],
};

const SHAPES: Record<string, Partial<SamlClientDocument>> = {
  'both signed': {},
  'the assertion signed': { sign: { assertion: true, response: false, algorithm: 'rsa-sha256' } },
  'the response signed, by SHA-512, used once, without attributes': {
    sign: { assertion: false, response: true, algorithm: 'rsa-sha512' },
    conditions: { notOnOrAfterSeconds: 60, oneTimeUse: true },
    attributes: [],
  },
  transient: { nameId: { format: 'transient', source: 'sub' } },
};

for (const [what, wish] of Object.entries(SHAPES))
  test(`an answer (${what}) is canonical, valid by schema, and verified by xmlsec1`, {
    skip: NO_XMLSEC || NO_SCHEMAS,
  }, async () => {
    await using house = await open(wish);
    for (const person of [ADA, MALLORY]) {
      signInAt(house, person);
      const xml = await answer(house);
      assert.equal(canonicalize(tree(xml)), xml);
      assert.equal((await xmllintCanonical(xml)).output, xml);
      const { ok, output } = await schemaCheck(xml, 'protocol');
      assert.ok(ok, output);
      const { sign } = makeSamlClient(wish);
      const paths = {
        Response: '/*/*[local-name()="Signature"]',
        Assertion: '/*/*[local-name()="Assertion"]/*[local-name()="Signature"]',
      };
      for (const [name, path] of Object.entries(paths)) {
        const wanted = name === 'Response' ? sign.response : sign.assertion;
        const namespace = name === 'Response' ? SAMLP.namespace : SAML.namespace;
        const judged = await xmlsecVerify(xml, idpKey().certificatePem, `${namespace}:${name}`, path);
        assert.equal(judged.ok, wanted, judged.output);
      }
    }
  });

test('values that try to be markup stay values', async () => {
  await using house = await open({ nameId: { format: 'unspecified', source: 'sub' } });
  signInAt(house, MALLORY);
  const assertion = at(tree(await answer(house)), 'Assertion');
  assert.equal(rawText(at(assertion, 'Subject', 'NameID')), MALLORY.subject);
  const attributes = childrenOf(at(assertion, 'AttributeStatement'), SAML, 'Attribute');
  const values = attributes.map(attribute => childrenOf(attribute, SAML, 'AttributeValue').map(rawText));
  assert.deepEqual(values, [[MALLORY.email], [...MALLORY.groups], [MALLORY.name]]);
});

test('an assertion says who, for whom, where, how and how long', async () => {
  await using house = await open({ conditions: { notOnOrAfterSeconds: 90, oneTimeUse: true } });
  const noon = Date.parse('2030-01-01T12:00:00Z');
  house.clock.now = noon;
  signInAt(house, ADA, noon / 1000 - 30);
  const response = tree(
    await answer(
      house,
      authnRequest({ id: '_q' }).replace(/IssueInstant="[^"]*"/, 'IssueInstant="2030-01-01T12:00:00Z"'),
    ),
  );
  assert.deepEqual(
    ['Destination', 'InResponseTo', 'IssueInstant', 'Version'].map(name => attributeOf(response, name)),
    [ACS, '_q', '2030-01-01T12:00:00Z', '2.0'],
  );
  const assertion = at(response, 'Assertion');
  assert.equal(textOf(at(assertion, 'Issuer')), IDP);
  const confirmation = at(assertion, 'Subject', 'SubjectConfirmation');
  assert.equal(attributeOf(confirmation, 'Method'), BEARER);
  const confirmed = at(confirmation, 'SubjectConfirmationData');
  assert.deepEqual(Object.fromEntries(confirmed.attributes.map(({ local, value }) => [local, value])), {
    InResponseTo: '_q',
    NotOnOrAfter: '2030-01-01T12:01:30Z',
    Recipient: ACS,
  });
  const conditions = at(assertion, 'Conditions');
  assert.equal(attributeOf(conditions, 'NotBefore'), '2030-01-01T11:59:00Z');
  assert.equal(attributeOf(conditions, 'NotOnOrAfter'), '2030-01-01T12:01:30Z');
  assert.equal(textOf(at(conditions, 'AudienceRestriction', 'Audience')), SP);
  assert.ok(at(conditions, 'OneTimeUse'));
  const authn = at(assertion, 'AuthnStatement');
  assert.equal(attributeOf(authn, 'AuthnInstant'), '2030-01-01T11:59:30Z');
  assert.equal(attributeOf(authn, 'SessionIndex'), 'sid-uid-jira');
  assert.equal(attributeOf(authn, 'SessionNotOnOrAfter'), '2030-01-01T23:59:30Z');
  assert.equal(
    textOf(at(authn, 'AuthnContext', 'AuthnContextClassRef')),
    'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport',
  );
  const formats = childrenOf(at(assertion, 'AttributeStatement'), SAML, 'Attribute').map(attribute =>
    attributeOf(attribute, 'NameFormat'),
  );
  assert.deepEqual(formats, [ATTRIBUTE_FORMATS.uri, ATTRIBUTE_FORMATS.basic, ATTRIBUTE_FORMATS.unspecified]);
});

async function nameIdAt(wish: Partial<SamlClientDocument>, person = ADA): Promise<XmlElement> {
  await using house = await open(wish);
  signInAt(house, person);
  return at(
    tree(await answer(house, authnRequest(wish.entityId === undefined ? {} : { issuer: wish.entityId }))),
    'Assertion',
    'Subject',
    'NameID',
  );
}

test('each NameID format has its value and its qualifiers', async () => {
  const unspecified = await nameIdAt({ nameId: { format: 'unspecified', source: 'username' } });
  assert.deepEqual([textOf(unspecified), attributeOf(unspecified, 'Format')], ['ada', NAME_ID_FORMATS.unspecified]);
  const email = await nameIdAt({ nameId: { format: 'emailAddress', source: 'email' } });
  assert.deepEqual([textOf(email), attributeOf(email, 'Format')], [ADA.email, NAME_ID_FORMATS.emailAddress]);
  assert.equal(attributeOf(email, 'NameQualifier'), undefined);
  const transient = await nameIdAt({ nameId: { format: 'transient', source: 'sub' } });
  assert.match(textOf(transient) ?? '', /^_[-\w]{43}$/);
});

test('a persistent name is stable, another at each application, and of nobody else', async () => {
  const persistent = { nameId: { format: 'persistent', source: 'sub' } } as const;
  const name = async (wish: Partial<SamlClientDocument>, person?: Person) =>
    textOf(await nameIdAt({ ...persistent, ...wish }, person));
  const first = await name({});
  assert.equal(await name({}), first);
  assert.equal(await name({ uid: 'made-again' }), first);
  assert.notEqual(await name({ entityId: 'https://other.example' }), first);
  assert.notEqual(await name({ namespace: 'next-owner' }), first);
  assert.notEqual(await name({}, { ...ADA, subject: 'staff:bob' }), first);
  assert.match(first ?? '', /^[-\w]{43}$/);
  assert.ok(!first?.includes('ada'));
});

test('a transient name is another in each session and the same within one', async () => {
  await using house = await open({ nameId: { format: 'transient', source: 'sub' } });
  signInAt(house);
  const name = async () => textOf(at(tree(await answer(house)), 'Assertion', 'Subject', 'NameID'));
  const first = await name();
  assert.equal(await name(), first);
  await using other = await open({ nameId: { format: 'transient', source: 'sub' } });
  signInAt(other);
  assert.notEqual(textOf(at(tree(await answer(other)), 'Assertion', 'Subject', 'NameID')), first);
});

const CONTEXT = 'urn:oasis:names:tc:SAML:2.0:ac:classes:';
const ASKED: [comparison: string | undefined, classes: string[], result: string | undefined][] = [
  [undefined, ['PasswordProtectedTransport'], 'PasswordProtectedTransport'],
  [undefined, ['Kerberos', 'PasswordProtectedTransport'], 'PasswordProtectedTransport'],
  [undefined, ['unspecified'], 'unspecified'],
  [undefined, ['Password'], undefined],
  ['minimum', ['unspecified'], 'PasswordProtectedTransport'],
  ['minimum', ['PasswordProtectedTransport'], 'PasswordProtectedTransport'],
  ['better', ['unspecified'], 'PasswordProtectedTransport'],
  ['better', ['PasswordProtectedTransport'], undefined],
  ['maximum', ['unspecified'], 'unspecified'],
  ['minimum', ['Smartcard'], undefined],
];

for (const [comparison, classes, result] of ASKED)
  test(`asked for ${comparison ?? 'exact'} ${classes.join(' or ')}: ${result ?? 'NoAuthnContext'}`, async () => {
    await using house = await open();
    signInAt(house);
    const refs = classes
      .map(name => `<saml:AuthnContextClassRef>${CONTEXT}${name}</saml:AuthnContextClassRef>`)
      .join('');
    const attribute = comparison === undefined ? '' : ` Comparison="${comparison}"`;
    const inner = `<samlp:RequestedAuthnContext${attribute}>${refs}</samlp:RequestedAuthnContext>`;
    const reply = await house.visit('/saml/sso', { form: postForm(authnRequest({ inner })) });
    const page = reply.status === 303 ? await goOn(house, reply) : reply;
    const response = tree(Buffer.from(fieldsOf(page.text)['SAMLResponse'] ?? '', 'base64').toString());
    if (result === undefined) return assert.ok(canonicalize(response).includes(STATUS.NoAuthnContext));
    assert.equal(
      textOf(at(response, 'Assertion', 'AuthnStatement', 'AuthnContext', 'AuthnContextClassRef')),
      CONTEXT + result,
    );
  });

test('every other message is valid by schema', { skip: NO_SCHEMAS }, async () => {
  const envelope = { id: '_1', issueInstant: Date.now(), issuer: IDP, destination: ACS };
  const nameId = { value: 'x', format: 'persistent', nameQualifier: IDP, spNameQualifier: SP } as const;
  const trees = [
    logoutRequest(envelope, { nameId, sessionIndex: 's' }),
    logoutResponse({ ...envelope, inResponseTo: '_2' }, { code: 'Success', detail: 'PartialLogout' }),
  ];
  for (const message of trees) {
    const { ok, output } = await schemaCheck(canonicalize(message), 'protocol');
    assert.ok(ok, output);
  }
  await using house = await open({ accessGroups: [] });
  signInAt(house);
  const { ok, output } = await schemaCheck(await answer(house), 'protocol');
  assert.ok(ok, output);
});
