import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ConfigMap } from '#crds/schema/kinds.ts';
import type { SamlIdp } from '#operator/local/demo/saml-sign-in.ts';
import { samlClientOf } from '#operator/local/demo-saml-clients.ts';
import { type House, startHouse } from '#test/support/house.ts';
import { createPerson, type Page, type Person } from '#test/support/person.ts';
import { NO_PYSAML2 } from '#test/support/pysaml2.ts';
import { ADA, applyQuickstart } from '#test/support/quickstart.ts';
import {
  type Outgoing,
  openNodeSaml,
  openPython,
  placeOf,
  type SamlApplication,
  type SamlPerson,
  samlClientYaml,
} from '#test/support/saml-applications.ts';
import { assertSound, type BindingName, messageOf, type SamlSent } from '#test/support/saml-message.ts';
import { NO_SCHEMAS, NO_XMLSEC, schemaCheck, xmlsecVerify } from '#test/support/xml-tools.ts';

/** Applications by node-saml and pysaml2 against the product on a real API server; every message of ours is judged. */

const BINDINGS: readonly BindingName[] = ['Redirect', 'POST'];
const LIBRARIES = {
  'node-saml': { open: async options => openNodeSaml(options), skip: false },
  pysaml2: { open: openPython, skip: NO_PYSAML2 },
} satisfies Record<
  string,
  { open: (...all: Parameters<typeof openPython>) => Promise<SamlApplication>; skip: unknown }
>;

type Library = keyof typeof LIBRARIES;

let house: House;
let ca: string;
let idp: SamlIdp;
let metadata: string;

const nameOf = (library: Library, binding: BindingName): string => `${library}-${binding.toLowerCase()}`;
const ALL = (Object.keys(LIBRARIES) as Library[]).flatMap(library =>
  BINDINGS.map(binding => ({ library, binding, name: nameOf(library, binding) })),
);

before(async () => {
  house = await startHouse();
  await applyQuickstart(house, 8444);
  for (const { name, binding } of ALL) await house.apply(samlClientYaml(name, binding));
  for (const { name } of ALL) await house.ready('samlclient', 'team-acme', name);
  ca = await house.ca();
  const output = await house.get<ConfigMap>('configmap', 'team-acme', `${nameOf('node-saml', 'POST')}-saml`);
  const told = samlClientOf(output.data ?? {});
  assert.ok(told);
  idp = told.idp;
  metadata = (await createPerson({ ca }).open(idp.entityId)).body;
});
after(() => house?.[Symbol.asyncDispose]());

const open = (library: Library, binding: BindingName): Promise<SamlApplication> =>
  LIBRARIES[library].open({ name: nameOf(library, binding), binding, idp, metadata });

/** Somebody whose browser stops at the applications. */
const newPerson = (): Person => {
  const places = ALL.map(({ name }) => placeOf(name));
  return createPerson({ ca, stopAt: places.flatMap(({ acs, slo }) => [acs, slo]) });
};

const HEADERS = { 'content-type': 'application/x-www-form-urlencoded', origin: 'https://app.example' };

function carry(person: Person, outgoing: Outgoing): Promise<Page> {
  if ('location' in outgoing) return person.open(outgoing.location);
  const body = new URLSearchParams(outgoing.fields).toString();
  return person.open(outgoing.action, { method: 'POST', body, headers: HEADERS });
}

async function judged(page: Page): Promise<SamlSent> {
  const message = messageOf(page);
  await assertSound(message, idp.certificates[0] ?? '');
  return message;
}

const asksPassword = (page: Page): boolean => page.body.includes('name="password"');

async function signIn(person: Person, app: SamlApplication): Promise<SamlPerson> {
  // Without a space: node-saml 5.1.0 signs %20 and then sends +, so what it signed is not what it says.
  const relay = `/page?of=${app.name}&at=1`;
  const page = await carry(person, await app.signIn(relay));
  const answer = await judged(asksPassword(page) ? await person.submit(page, ADA, 'password') : page);
  assert.equal(answer.address.href, placeOf(app.name).acs);
  assert.equal(answer.fields['RelayState'], relay);
  return app.accept(answer);
}

for (const { library, binding, name } of ALL)
  test(`${library} signs a person in and out over ${binding}`, { skip: LIBRARIES[library].skip }, async () => {
    await using app = await open(library, binding);
    const person = newPerson();
    const known = await signIn(person, app);
    assert.match(known.format, /:persistent$/);
    assert.deepEqual([known.attributes['mail']].flat(), ['ada@acme.example']);
    assert.deepEqual(known.attributes['groups'], ['engineering', 'finance']);
    const answer = await judged(await carry(person, await app.signOut()));
    assert.equal(answer.address.href.split('?', 1)[0], placeOf(name).slo);
    await app.signedOut(answer);
    assert.ok(asksPassword(await carry(person, await app.signIn(''))), 'the session has ended');
  });

for (const { library, binding } of ALL)
  test(`${library} is told over ${binding} that somebody signed out elsewhere, and its answer is taken`, {
    skip: LIBRARIES[library].skip,
  }, async () => {
    const other = binding === 'POST' ? 'Redirect' : 'POST';
    await using app = await open(library, binding);
    await using first = await open('node-saml', other);
    const person = newPerson();
    const [a, b] = [await signIn(person, first), await signIn(person, app)];
    assert.notEqual(a.nameId, b.nameId, 'a persistent name is another one at every application');
    const request = await judged(await carry(person, await first.signOut()));
    assert.equal(request.parameter, 'SAMLRequest');
    assert.equal(request.address.href.split('?', 1)[0], placeOf(app.name).slo);
    const answer = await judged(await carry(person, await app.told(request)));
    assert.equal(answer.address.href.split('?', 1)[0], placeOf(first.name).slo);
    assert.doesNotMatch(answer.xml, /PartialLogout/);
    await first.signedOut(answer);
  });

test('one password opens four applications of two libraries, and all are told of one logout', {
  skip: NO_PYSAML2,
}, async () => {
  await using opened = new AsyncDisposableStack();
  const apps: SamlApplication[] = [];
  for (const { library, binding } of ALL) apps.push(opened.use(await open(library, binding)));
  const person = newPerson();
  for (const app of apps) await signIn(person, app);
  const [first, ...others] = apps;
  assert.ok(first);
  let page = await carry(person, await first.signOut());
  const told: string[] = [];
  for (let i = 0; i < others.length; i++) {
    const request = await judged(page);
    const app = others.find(({ name }) => request.address.href.startsWith(placeOf(name).slo));
    assert.ok(app, request.address.href);
    told.push(app.name);
    page = await carry(person, await app.told(request));
  }
  assert.deepEqual(told.toSorted(), others.map(({ name }) => name).toSorted());
  await first.signedOut(await judged(page));
});

describe('what is published', () => {
  test('the metadata is valid by schema and verified by xmlsec1', { skip: NO_XMLSEC || NO_SCHEMAS }, async () => {
    const schema = await schemaCheck(metadata, 'metadata');
    assert.ok(schema.ok, schema.output);
    const element = 'urn:oasis:names:tc:SAML:2.0:metadata:EntityDescriptor';
    const signature = await xmlsecVerify(metadata, idp.certificates[0] ?? '', element);
    assert.ok(signature.ok, signature.output);
  });

  test('the output ConfigMap holds the metadata that is served', async () => {
    const { data = {} } = await house.get<ConfigMap>('configmap', 'sales', 'crm-saml');
    assert.equal(data['metadata.xml'], metadata);
    assert.equal(data['metadata_url'], idp.entityId);
  });
});
