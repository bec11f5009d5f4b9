import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateServiceProviderMetadata } from '@node-saml/node-saml';
import * as samlify from 'samlify';
import { idpMetadata } from '#crds/shared/pure/saml/idp-metadata.ts';
import { BINDING_URIS, NAME_ID_FORMATS } from '#crds/shared/pure/saml/names.ts';
import { readSpMetadata } from '#crds/shared/pure/saml/sp-metadata.ts';
import { samlKey } from '#test/support/saml-keys.ts';
import { NO_SCHEMAS, NO_XMLSEC, schemaCheck, xmlsecVerify } from '#test/support/xml-tools.ts';
import { ACS, IDP, ISSUER, idpKey, makeSamlClient, openHouse, SLO, SP, spKey } from './fixture.ts';

const ENTITY = 'urn:oasis:names:tc:SAML:2.0:metadata:EntityDescriptor';

test('our metadata is signed, valid by schema, and equal whoever asks', { skip: NO_XMLSEC || NO_SCHEMAS }, async () => {
  await using house = await openHouse(makeSamlClient());
  const reply = await house.visit('/saml/metadata');
  assert.equal(reply.status, 200);
  const judged = await xmlsecVerify(reply.text, idpKey().certificatePem, ENTITY);
  assert.ok(judged.ok, judged.output);
  const schema = await schemaCheck(reply.text, 'metadata');
  assert.ok(schema.ok, schema.output);
  await using other = await openHouse(makeSamlClient());
  assert.equal((await other.visit('/saml/metadata')).text, reply.text);
});

test('while keys change, the metadata has both, the signing one first', () => {
  const [now, next] = [samlKey('idp'), samlKey('next')];
  const xml = idpMetadata({ issuer: ISSUER, certificates: [now.certificate, next.certificate] }, now);
  const found = [...xml.matchAll(/<md:KeyDescriptor use="signing">.*?<ds:X509Certificate>([^<]*)</g)].map(
    match => match[1],
  );
  assert.deepEqual(found, [now.certificate, next.certificate]);
});

test('samlify reads our metadata as it is meant', () => {
  const { entityMeta } = samlify.IdentityProvider({
    metadata: idpMetadata({ issuer: ISSUER, certificates: [idpKey().certificate] }, idpKey()),
  });
  assert.equal(entityMeta.getEntityID(), IDP);
  assert.equal(entityMeta.getSingleSignOnService('redirect'), `${ISSUER}/saml/sso`);
  assert.equal(entityMeta.getSingleSignOnService('post'), `${ISSUER}/saml/sso`);
  assert.equal(entityMeta.getSingleLogoutService('redirect'), `${ISSUER}/saml/slo`);
});

test('the metadata of node-saml is read', () => {
  const xml = generateServiceProviderMetadata({
    issuer: SP,
    callbackUrl: ACS,
    logoutCallbackUrl: SLO,
    publicCerts: spKey().certificatePem,
    privateKey: spKey().keyPem,
    signatureAlgorithm: 'sha256',
    identifierFormat: NAME_ID_FORMATS.persistent,
    wantAssertionsSigned: true,
  });
  assert.deepEqual(readSpMetadata(Buffer.from(xml)), {
    entityId: SP,
    assertionConsumerServices: [{ url: ACS, index: 1, isDefault: true }],
    singleLogoutServices: [{ url: SLO, responseUrl: null, binding: 'POST' }],
    signingCertificates: [spKey().certificate],
    authnRequestsSigned: true,
  });
});

const MD = 'xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"';
const ROLE = 'md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"';
const acs = (url: string, more = '') =>
  `<md:AssertionConsumerService Binding="${BINDING_URIS.POST}" Location="${url}" index="0"${more}/>`;
const sp = (inner: string, entity = SP) =>
  `<md:EntityDescriptor ${MD} entityID="${entity}"><${ROLE}>${inner}</md:SPSSODescriptor></md:EntityDescriptor>`;

test('what people write into metadata is understood: comments, two defaults, other bindings, keys for encryption', () => {
  const key = (use: string, certificate: string) =>
    `<md:KeyDescriptor${use}><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>\n${certificate.replaceAll(/.{64}/g, '$&\n')}\n</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`;
  const xml = sp(
    `<!-- ours -->${key(' use="encryption"', samlKey('other').certificate)}${key('', spKey().certificate)}<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:SOAP" Location="https://x.example/soap"/><md:SingleLogoutService Binding="${BINDING_URIS.Redirect}" Location="${SLO}" ResponseLocation="${SLO}/r"/><md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact" Location="https://x.example/art" index="9"/>${acs(ACS)}${acs(`${ACS}/2`, ' isDefault="true"')}${acs(`${ACS}/3`, ' isDefault="1"')}`,
  );
  const read = readSpMetadata(Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${xml}`));
  assert.deepEqual(read.signingCertificates, [spKey().certificate]);
  assert.deepEqual(read.singleLogoutServices, [{ url: SLO, responseUrl: `${SLO}/r`, binding: 'Redirect' }]);
  assert.deepEqual(
    read.assertionConsumerServices.map(service => service.isDefault),
    [false, true, false],
  );
  assert.equal(read.authnRequestsSigned, false);
});

const BAD: [what: string, xml: string, message: RegExp][] = [
  ['a document type', `<!DOCTYPE x>${sp(acs(ACS))}`, /document type/],
  ['an aggregate', `<md:EntitiesDescriptor ${MD}>${sp(acs(ACS))}</md:EntitiesDescriptor>`, /one md:EntityDescriptor/],
  ['no entityID', sp(acs(ACS), ''), /entityID/],
  ['no role', `<md:EntityDescriptor ${MD} entityID="x"/>`, /exactly one md:SPSSODescriptor/],
  ['SAML 1.1 only', sp(acs(ACS)).replace('SAML:2.0:protocol', 'SAML:1.1:protocol'), /exactly one md:SPSSODescriptor/],
  ['no address for POST', sp(''), /AssertionConsumerService/],
  ['plain http', sp(acs('http://x.example/acs')), /https address/],
  ['a script as address', sp(acs('javascript:alert(1)')), /https address/],
  ['a fragment', sp(acs('https://x.example/#a')), /https address/],
  [
    'a certificate that is none',
    sp(
      `<md:KeyDescriptor><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Certificate>AAAA</ds:X509Certificate></ds:KeyInfo></md:KeyDescriptor>${acs(ACS)}`,
    ),
    /no certificate/,
  ],
  ['half a megabyte', sp(acs(ACS) + ' '.repeat(512 * 1024)), /larger/],
];

for (const [what, xml, message] of BAD)
  test(`metadata with ${what} is refused with a sentence for its author`, () => {
    assert.throws(() => readSpMetadata(Buffer.from(xml)), { code: 'MetadataInvalid', message });
  });

test('a tenant without a SAML key says so instead of failing', async () => {
  await using house = await openHouse(makeSamlClient());
  Object.assign(house.tenant, { keys: { ...house.tenant.keys, saml: undefined } });
  assert.match((await house.visit('/saml/metadata')).text, /^NotConfigured/);
});
