import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { SignedXml } from 'xml-crypto';
import { canonicalize } from '#crds/shared/pure/xml/canonical.ts';
import { signEnveloped } from '#crds/shared/pure/xml/sign.ts';
import { SIGNING, type SigningAlgorithm } from '#crds/shared/pure/xml/signature-names.ts';
import { attributeOf } from '#crds/shared/pure/xml/tree.ts';
import { element } from '#crds/shared/pure/xml/write.ts';
import { NO_XMLSEC, xmlsecSign, xmlsecVerify } from '#test/support/xml-tools.ts';
import { C14N, DIGEST, DS, forge, KEY, parse, ROOT, verify } from './forge.ts';

/** Signatures that others made or judge. */

for (const algorithm of Object.keys(SIGNING) as SigningAlgorithm[])
  test(`what we sign by ${algorithm}, xmlsec1, xml-crypto and we accept`, { skip: NO_XMLSEC }, async () => {
    const unsigned = element(ROOT, 'root', { ID: 'r', note: 'a<b>&"\t\n\r' }, [
      element(ROOT, 'a', {}, ['x < y & z > "\r\n ü 😀']),
    ]);
    const xml = canonicalize(signEnveloped(unsigned, KEY, { algorithm, behind: 0 }));
    const { ok, output } = await xmlsecVerify(xml, KEY.certificatePem, 'urn:test:root');
    assert.ok(ok, output);
    // xml-crypto knows no SHA-384.
    if (algorithm !== 'rsa-sha384') assert.ok(checkByXmlCrypto(xml));
    assert.equal(attributeOf(verify(xml), 'note'), 'a<b>&"\t\n\r');
  });

function checkByXmlCrypto(xml: string): boolean {
  const judge = new SignedXml({ publicCert: KEY.certificatePem, getCertFromKeyInfo: () => null });
  const [signature] = /<ds:Signature .*<\/ds:Signature>/s.exec(xml) ?? [];
  judge.loadSignature(signature ?? '');
  return judge.checkSignature(xml);
}

const TEMPLATE = forge({ value: () => '' }).replace(DIGEST, '<ds:DigestValue></ds:DigestValue>');

test('what xmlsec1 signs, we accept', { skip: NO_XMLSEC }, async () => {
  const xml = await xmlsecSign(TEMPLATE, KEY.keyPem, 'urn:test:root');
  assert.equal(canonicalize(verify(xml)), '<t:root xmlns:t="urn:test" ID="r"><t:a>x</t:a></t:root>');
});

test('an InclusiveNamespaces list of xmlsec1 is understood', { skip: NO_XMLSEC }, async () => {
  const list = `<ec:InclusiveNamespaces xmlns:ec="${C14N}" PrefixList="xs #default"></ec:InclusiveNamespaces>`;
  const template = TEMPLATE.replace(`<ds:Transform Algorithm="${C14N}">`, `$&${list}`)
    .replace(`<ds:CanonicalizationMethod Algorithm="${C14N}">`, `$&${list}`)
    .replace('<t:root ', '<t:root xmlns:xs="urn:xs" xmlns:unused="urn:unused" ')
    .replace('<t:a>', '<t:a type="xs:string">');
  const root = verify(await xmlsecSign(template, KEY.keyPem, 'urn:test:root'));
  const text = canonicalize(root, { inclusive: ['xs'] });
  assert.ok(text.startsWith('<t:root xmlns:t="urn:test" xmlns:xs="urn:xs" ID="r">'), text);
});

test('what xml-crypto signs, we accept, and read what it was given', () => {
  const value = fc.string({ unit: fc.constantFrom('x', ' ', '\n', '&amp;', '&lt;', '&gt;', '&#13;', 'ü', '😀') });
  const run = (text: string) => {
    const xml = `<t:root xmlns:t="urn:test" xmlns:xs="urn:xs" ID="r" b="${text}"><t:a type="xs:string">${text}</t:a><c xmlns="urn:c"><d/></c></t:root>`;
    const algorithms = {
      signatureAlgorithm: SIGNING['rsa-sha256'].signature,
      canonicalizationAlgorithm: C14N,
    } as const;
    const signer = new SignedXml({ privateKey: KEY.keyPem, ...algorithms });
    const digestAlgorithm = SIGNING['rsa-sha256'].digest;
    signer.addReference({ xpath: '/*', transforms: [`${DS}enveloped-signature`, C14N], digestAlgorithm });
    signer.computeSignature(xml, { location: { reference: '/*', action: 'prepend' }, prefix: 'ds' });
    assert.equal(canonicalize(verify(signer.getSignedXml())), canonicalize(parse(xml)));
  };
  fc.assert(fc.property(value, run), { numRuns: 100 });
});
