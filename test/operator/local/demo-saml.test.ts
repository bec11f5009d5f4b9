import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { SAML } from '@node-saml/node-saml';
import { parseAllDocuments } from 'yaml';
import type { SamlClient } from '#crds/schema/kinds.ts';
import { DEMO_SAML_CERTIFICATE, DEMO_SAML_KEY } from '#operator/local/demo/saml-key.ts';
import { samlPersonPage } from '#operator/local/demo/saml-pages.ts';
import type { DemoSamlClient } from '#operator/local/demo/saml-sign-in.ts';
import { type Demo, startDemo } from '#operator/local/demo/server.ts';
import { samlClientOf } from '#operator/local/demo-saml-clients.ts';
import { type DevelopmentCa, openDevelopmentCa } from '#operator/local/development-ca.ts';
import { createPerson, type Person } from '#test/support/person.ts';
import { ROOT } from '#test/support/program.ts';
import { assertSound, messageOf, type SamlSent } from '#test/support/saml-message.ts';
import { NO_SCHEMAS, schemaCheck } from '#test/support/xml-tools.ts';

/** The service provider of the demo app without an identity provider; test/system signs in through it. */

const EVIL = '<script>alert(1)</script>"\'&';
const IDP = 'https://acme.localhost:8443';
let ca: DevelopmentCa;
let demo: Demo;
let client: DemoSamlClient;

before(async () => {
  const store = { load: async () => undefined, save: async () => undefined };
  ca = await openDevelopmentCa({ store, now: () => new Date() });
  const certificate = await ca.issue(['demo.localhost']);
  demo = await startDemo({
    clients: async () => [],
    samlClients: async () => [client],
    port: 0,
    certificate,
    ca: ca.certificate,
  });
  client = {
    key: 'sales/crm',
    application: EVIL,
    tenant: 'Acme',
    issuer: IDP,
    entityId: `${demo.origin}/saml/metadata`,
    idp: {
      entityId: `${IDP}/saml/metadata`,
      singleSignOn: `${IDP}/saml/sso`,
      singleLogout: `${IDP}/saml/slo`,
      // Whoever holds the key of the demo plays the tenant here.
      certificates: [DEMO_SAML_CERTIFICATE],
    },
  };
});
after(() => demo[Symbol.asyncDispose]());

const newPerson = (): Person => createPerson({ ca: ca.certificate, stopAt: [`${IDP}/`] });

/** The tenant, as far as a logout goes. */
const tenant = (): SAML =>
  new SAML({
    issuer: client.idp.entityId,
    callbackUrl: `${IDP}/unused`,
    entryPoint: `${demo.origin}/saml/slo`,
    logoutUrl: `${demo.origin}/saml/slo`,
    idpCert: DEMO_SAML_CERTIFICATE,
    privateKey: DEMO_SAML_KEY,
    signatureAlgorithm: 'sha256',
  });

const ADA = { issuer: IDP, nameID: 'ada', nameIDFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent' };

test('the home page names the application and its protocol, escaped', async () => {
  const { body } = await newPerson().open(demo.origin);
  assert.match(body, /href="\/saml\/sign-in\?client=sales%2Fcrm"/);
  assert.match(body, /SAML · https:\/\/demo\.localhost/);
  assert.ok(!body.includes('<script>'));
});

test('a sign-in begins with a signed request by Redirect, and ForceAuthn only where it is wished', async () => {
  const begin = async (more: string): Promise<SamlSent> =>
    messageOf(await newPerson().open(`${demo.origin}/saml/sign-in?client=sales/crm${more}`));
  const request = await begin('');
  await assertSound(request, DEMO_SAML_CERTIFICATE);
  assert.equal(request.address.origin + request.address.pathname, client.idp.singleSignOn);
  assert.doesNotMatch(request.xml, /ForceAuthn/);
  assert.match((await begin('&again=true')).xml, /ForceAuthn="true"/);
});

test('an answer that this browser did not ask for is refused, and an answer is read once', async () => {
  const person = newPerson();
  const request = messageOf(await person.open(`${demo.origin}/saml/sign-in?client=sales/crm`));
  const body = new URLSearchParams({ SAMLResponse: 'PHg+', RelayState: request.fields['RelayState'] ?? '' }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: IDP };
  const post = (who: Person) => who.open(`${demo.origin}/saml/acs`, { method: 'POST', body, headers });
  assert.match((await post(newPerson())).body, /did not begin here/);
  const own = await post(person);
  assert.equal(own.status, 400);
  assert.match(own.body, /No sign-in to &lt;script&gt;/);
  assert.match((await person.open(own.url)).body, /did not begin here/);
});

test('a logout of somebody who is signed in nowhere is answered with a signed success', async () => {
  const url = await tenant().getLogoutUrlAsync({ ...ADA, sessionIndex: 'gone' }, 'where', {});
  const answer = messageOf(await newPerson().open(url));
  await assertSound(answer, DEMO_SAML_CERTIFICATE);
  assert.equal(answer.address.origin + answer.address.pathname, client.idp.singleLogout);
  assert.equal(answer.fields['RelayState'], 'where');
  assert.match(answer.xml, /status:Success/);
});

test('a logout without a signature, or with another one, is refused', async () => {
  const url = new URL(await tenant().getLogoutUrlAsync({ ...ADA, sessionIndex: 'gone' }, 'where', {}));
  const other = new URL(url);
  other.searchParams.set('RelayState', 'elsewhere');
  for (const name of ['Signature', 'SigAlg']) url.searchParams.delete(name);
  for (const address of [url, other]) {
    const page = await newPerson().open(address);
    assert.equal(page.status, 502);
    assert.match(page.body, /nobody that this app knows sent this logout message/);
  }
});

test('its metadata is valid by schema', { skip: NO_SCHEMAS }, async () => {
  const { body } = await newPerson().open(`${demo.origin}/saml/metadata`);
  const { ok, output } = await schemaCheck(body, 'metadata');
  assert.ok(ok, output);
});

test('what an assertion says is shown escaped, and an unknown attribute by its name', () => {
  const profile = { issuer: IDP, nameID: EVIL, nameIDFormat: 'x:transient' };
  const said = { nameId: EVIL, nameIdFormat: 'x:transient', sessionIndex: undefined, issuer: IDP, xml: EVIL, profile };
  const page = samlPersonPage(client, { ...said, attributes: { [EVIL]: [EVIL, 'b'] } });
  assert.ok(!page.includes('<script>'));
  assert.match(page, /for this session only/);
});

test('the quickstart names the certificate of the demo app, which is good for decades', async () => {
  const text = await readFile(join(ROOT, 'crds', 'examples', 'quickstart', 'acme-crm.yaml'), 'utf8');
  const crm = parseAllDocuments(text)
    .map(document => document.toJS() as SamlClient)
    .find(({ kind }) => kind === 'SamlClient');
  const named = new X509Certificate(crm?.spec.certificates?.[0]?.pem ?? '');
  const own = new X509Certificate(DEMO_SAML_CERTIFICATE);
  assert.equal(named.fingerprint256, own.fingerprint256);
  assert.ok(own.validToDate.getUTCFullYear() >= 2050);
});

test('an output ConfigMap that is not all there is no application yet; two certificates are two', () => {
  const data = { entity_id: 'a', idp_entity_id: 'b', sso_url: `${IDP}/saml/sso`, slo_url: `${IDP}/saml/slo` };
  assert.equal(samlClientOf(data), undefined);
  const twice = samlClientOf({ ...data, 'signing.crt': DEMO_SAML_CERTIFICATE + DEMO_SAML_CERTIFICATE });
  assert.equal(twice?.idp.certificates.length, 2);
  assert.equal(twice?.issuer, IDP);
});
