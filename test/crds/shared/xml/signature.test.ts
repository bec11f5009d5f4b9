import assert from 'node:assert/strict';
import { createHash, createHmac, createSecretKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { test } from 'node:test';
import { canonicalize } from '#crds/shared/pure/xml/canonical.ts';
import { parseXml } from '#crds/shared/pure/xml/parse.ts';
import { signEnveloped } from '#crds/shared/pure/xml/sign.ts';
import { textOf } from '#crds/shared/pure/xml/tree.ts';
import { verifyEnveloped } from '#crds/shared/pure/xml/verify.ts';
import { element } from '#crds/shared/pure/xml/write.ts';
import type { XmlErrorCode } from '#crds/shared/pure/xml/xml-error.ts';
import { samlKey } from '#test/support/saml-keys.ts';
import { C14N, DIGEST, DS, forge, KEY, OPTIONS, type Parts, parse, ROOT, verify } from './forge.ts';

function refused(xml: string, code: XmlErrorCode, keys?: KeyObject[]): void {
  assert.throws(() => verify(xml, keys), { name: 'XmlError', code });
}

test('a signature by hand is accepted, so what follows is refused for its one difference', () => {
  assert.equal(canonicalize(verify(forge())), '<t:root xmlns:t="urn:test" ID="r"><t:a>x</t:a></t:root>');
});

const swap = (from: string | RegExp, to: string) => (text: string) => {
  assert.notEqual(text.replace(from, to), text);
  return text.replace(from, to);
};

const ATTACKS: [what: string, parts: Parts, code: XmlErrorCode][] = [
  ['content changed', { after: swap('>x<', '>y<') }, 'DigestWrong'],
  ['an element added', { after: swap('</t:root>', '<t:b></t:b></t:root>') }, 'DigestWrong'],
  ['an attribute added', { after: swap('ID="r"', 'ID="r" admin="1"') }, 'DigestWrong'],
  [
    'a value of another key',
    { value: bytes => sign('sha256', bytes, samlKey('other').key).toString('base64') },
    'SignatureWrong',
  ],
  ['SignedInfo changed', { after: swap(DIGEST, '<ds:DigestValue>AAAA</ds:DigestValue>') }, 'SignatureWrong'],
  [
    'an HMAC with the public key as its secret',
    {
      signedInfo: swap('xmldsig-more#rsa-sha256', 'xmldsig-more#hmac-sha256'),
      value: bytes => createHmac('sha256', KEY.certificatePem).update(bytes).digest('base64'),
    },
    'SignatureAlgorithm',
  ],
  [
    'no algorithm',
    { signedInfo: swap('http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', 'none'), value: () => 'AAAA' },
    'SignatureAlgorithm',
  ],
  ['an empty value', { value: () => '' }, 'SignatureMalformed'],
  ['a value that is not base64', { value: () => '????' }, 'SignatureMalformed'],
  [
    'RSA with SHA-1',
    {
      signedInfo: swap('http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', `${DS}rsa-sha1`),
      value: bytes => sign('sha1', bytes, KEY.key).toString('base64'),
    },
    'SignatureAlgorithm',
  ],
  [
    'a digest by SHA-1',
    {
      signedInfo: text =>
        swap(
          'http://www.w3.org/2001/04/xmlenc#sha256',
          `${DS}sha1`,
        )(
          swap(
            DIGEST,
            `<ds:DigestValue>${createHash('sha1').update('<t:root xmlns:t="urn:test" ID="r"><t:a>x</t:a></t:root>').digest('base64')}</ds:DigestValue>`,
          )(text),
        ),
    },
    'SignatureAlgorithm',
  ],
  ['ECDSA by name', { signedInfo: swap('rsa-sha256', 'ecdsa-sha256') }, 'SignatureAlgorithm'],
  [
    'inclusive canonicalization',
    {
      signedInfo: swap(
        `<ds:CanonicalizationMethod Algorithm="${C14N}">`,
        '<ds:CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315">',
      ),
    },
    'SignatureAlgorithm',
  ],
  [
    'canonicalization with comments',
    {
      signedInfo: swap(
        `<ds:CanonicalizationMethod Algorithm="${C14N}">`,
        `<ds:CanonicalizationMethod Algorithm="${C14N}WithComments">`,
      ),
    },
    'SignatureAlgorithm',
  ],
  [
    'a transform with comments',
    { signedInfo: swap(`<ds:Transform Algorithm="${C14N}">`, `<ds:Transform Algorithm="${C14N}WithComments">`) },
    'SignatureTransform',
  ],
  [
    'an XSLT transform',
    {
      signedInfo: swap(
        `<ds:Transform Algorithm="${C14N}">`,
        '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116">',
      ),
    },
    'SignatureTransform',
  ],
  [
    'an XPath transform more',
    {
      signedInfo: swap(
        '</ds:Transforms>',
        '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"></ds:Transform></ds:Transforms>',
      ),
    },
    'SignatureMalformed',
  ],
  [
    'the transforms in another order',
    {
      signedInfo: text =>
        text
          .replace(`${DS}enveloped-signature`, 'swap')
          .replace(
            /Transform Algorithm="http:\/\/www.w3.org\/2001\/10\/xml-exc-c14n#"/,
            `Transform Algorithm="${DS}enveloped-signature"`,
          )
          .replace('"swap"', `"${C14N}"`),
    },
    'SignatureTransform',
  ],
  ['no transforms', { signedInfo: swap(/<ds:Transforms>.*<\/ds:Transforms>/, '') }, 'SignatureMalformed'],
  [
    'a parameter in the transform',
    { signedInfo: swap('enveloped-signature">', 'enveloped-signature"><ds:XPath>self::*</ds:XPath>') },
    'SignatureTransform',
  ],
  ['a reference to nothing', { signedInfo: swap('URI="#r"', 'URI=""') }, 'SignatureReference'],
  ['a reference to elsewhere', { signedInfo: swap('URI="#r"', 'URI="#other"') }, 'SignatureReference'],
  ['a reference by XPointer', { signedInfo: swap('URI="#r"', 'URI="#xpointer(/)"') }, 'SignatureReference'],
  ['a reference to the web', { signedInfo: swap('URI="#r"', 'URI="https://evil.example/x"') }, 'SignatureReference'],
  ['no reference', { signedInfo: swap(/<ds:Reference.*<\/ds:Reference>/, '') }, 'SignatureMalformed'],
  [
    'two references',
    {
      signedInfo: text =>
        text.replace('</ds:SignedInfo>', `${/<ds:Reference.*<\/ds:Reference>/.exec(text)?.[0]}</ds:SignedInfo>`),
    },
    'SignatureMalformed',
  ],
  [
    'two SignedInfo (CVE-2025-29774)',
    {
      after: xml =>
        xml.replace('<ds:SignatureValue>', `${/<ds:SignedInfo.*<\/ds:SignedInfo>/.exec(xml)?.[0]}<ds:SignatureValue>`),
    },
    'SignatureMalformed',
  ],
  ['an Object', { after: swap('</ds:Signature>', '<ds:Object></ds:Object></ds:Signature>') }, 'SignatureMalformed'],
  ['text in SignedInfo', { signedInfo: swap('<ds:Reference', 'x<ds:Reference') }, 'SignatureMalformed'],
  [
    'two signatures',
    { after: xml => xml.replace('<t:a>', `${/<ds:Signature .*<\/ds:Signature>/.exec(xml)?.[0]}<t:a>`) },
    'SignatureMisplaced',
  ],
  [
    'a signature further down',
    { after: xml => xml.replace(/(<ds:Signature .*<\/ds:Signature>)<t:a>x/, '<t:a>$1x') },
    'SignatureMisplaced',
  ],
  ['no signature', { after: xml => xml.replace(/<ds:Signature .*<\/ds:Signature>/, '') }, 'SignatureMissing'],
  [
    'a HMACOutputLength',
    { signedInfo: swap('rsa-sha256">', 'rsa-sha256"><ds:HMACOutputLength>0</ds:HMACOutputLength>') },
    'SignatureAlgorithm',
  ],
];

for (const [what, parts, code] of ATTACKS) test(`${what}: ${code}`, () => refused(forge(parts), code));

test('a comment in DigestValue is no way around the digest (CVE-2025-29775)', () => {
  const xml = forge({
    after: xml => xml.replace('<ds:DigestValue>', '<ds:DigestValue><!--AAAA-->').replace('>x<', '>y<'),
  });
  assert.throws(() => parse(xml), { code: 'Comment' });
  const dropping = { ...OPTIONS, comments: 'drop' as const };
  assert.throws(() => verifyEnveloped(parseXml(Buffer.from(xml), dropping), [KEY.publicKey]), {
    code: 'DigestWrong',
  });
});

test('with comments dropped, what is read is the whole text that was signed', () => {
  const dropping = { ...OPTIONS, comments: 'drop' as const };
  const xml = forge({ body: '<t:a>ada@acme.example.evil</t:a>', after: swap('.evil', '<!-- -->.evil') });
  const [child] = verifyEnveloped(parseXml(Buffer.from(xml), dropping), [KEY.publicKey]).children;
  assert.ok(child !== undefined && typeof child !== 'string');
  assert.equal(textOf(child), 'ada@acme.example.evil');
});

test('what comes out is what was signed, without the signature and whatever else stood in it', () => {
  const root = verify(
    forge({ after: swap('</ds:Signature>', '<ds:KeyInfo><t:admin>yes</t:admin></ds:KeyInfo></ds:Signature>') }),
  );
  assert.equal(canonicalize(root), '<t:root xmlns:t="urn:test" ID="r"><t:a>x</t:a></t:root>');
});

test('a key that is not RSA verifies nothing, whatever the algorithm is called', () => {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const byEc = forge({ value: bytes => sign('sha256', bytes, ec.privateKey).toString('base64') });
  refused(byEc, 'SignatureKey', [ec.publicKey]);
  refused(byEc, 'SignatureWrong', [ec.publicKey, KEY.publicKey]);
  const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 });
  refused(forge({ value: bytes => sign('sha256', bytes, pss.privateKey).toString('base64') }), 'SignatureKey', [
    pss.publicKey,
  ]);
  refused(forge(), 'SignatureKey', [createSecretKey(Buffer.from(KEY.certificatePem))]);
  refused(forge(), 'SignatureKey', []);
});

test('an RSA key of 1024 bits verifies nothing and signs nothing', () => {
  const weak = samlKey('weak', 1024);
  refused(forge({ value: bytes => sign('sha256', bytes, weak.key).toString('base64') }), 'SignatureKey', [
    weak.publicKey,
  ]);
  assert.throws(
    () => signEnveloped(parse('<t:root xmlns:t="urn:test" ID="r"/>'), weak, { algorithm: 'rsa-sha256', behind: 0 }),
    { code: 'KeyNotRsa' },
  );
});

test('the signer refuses an EC key instead of signing under the name of RSA', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const unsigned = element(ROOT, 'root', { ID: 'r' });
  assert.throws(
    () => signEnveloped(unsigned, { key: privateKey, certificate: '' }, { algorithm: 'rsa-sha256', behind: 0 }),
    { code: 'KeyNotRsa' },
  );
});

test('either of two keys will do while they change', () => {
  assert.ok(verify(forge(), [samlKey('other').publicKey, KEY.publicKey]));
});
