import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { canonicalize } from '#crds/shared/pure/xml/canonical.ts';
import { parseXml } from '#crds/shared/pure/xml/parse.ts';
import { verifyEnveloped } from '#crds/shared/pure/xml/verify.ts';
import { XmlError } from '#crds/shared/pure/xml/xml-error.ts';
import { BINDINGS } from '#idp/saml/bindings/index.ts';
import { SamlError } from '#idp/saml/errors.ts';
import { readAuthnRequest } from '#idp/saml/inbound/authn-request.ts';
import { MESSAGE_PARSING, parseMessage, readMessage } from '#idp/saml/inbound/message.ts';
import { spKey } from './fixture.ts';
import { authnRequest, deflated, NS, postForm, signatureOf, signed, without } from './messages.ts';

/** Whatever comes in: an answer or one of our errors, never another one, and never a value that was not signed. */

const GOOD = signed(authnRequest());
const SIGNED_BYTES = canonicalize(parseXml(Buffer.from(without(GOOD)), MESSAGE_PARSING));

function tryVerify(bytes: Uint8Array): string | undefined {
  try {
    return canonicalize(verifyEnveloped(parseXml(bytes, MESSAGE_PARSING), [spKey().publicKey]));
  } catch (error) {
    assert.ok(error instanceof XmlError, String(error));
    return undefined;
  }
}

const FRAGMENTS = [
  GOOD,
  signatureOf(GOOD),
  without(GOOD),
  '<!-- -->',
  '<!DOCTYPE x>',
  '<![CDATA[',
  ']]>',
  '&#0;',
  '&x;',
  ' ID="_good"',
  ' xmlns:ds="urn:x"',
  `<samlp:Extensions ${NS}>`,
  '</samlp:Extensions>',
  '<saml:Issuer>',
  '</saml:Issuer>',
  '\u0000',
  '\ufeff',
  '<?x?>',
];

/** Cuts, swaps, doubles and inserts at places that are drawn. */
const edit = fc.record({
  at: fc.nat(GOOD.length),
  length: fc.oneof(fc.constant(0), fc.nat(60)),
  insert: fc.oneof(fc.constant(''), fc.constantFrom(...FRAGMENTS), fc.string({ maxLength: 4 })),
});

function bend(text: string, edits: { at: number; length: number; insert: string }[]): string {
  return edits.reduce((bent, { at, length, insert }) => bent.slice(0, at) + insert + bent.slice(at + length), text);
}

test('however a signed message is bent, what is accepted is exactly what was signed', () => {
  let accepted = 0;
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 4 }), edits => {
      const result = tryVerify(Buffer.from(bend(GOOD, edits)));
      if (result === undefined) return;
      accepted += 1;
      assert.equal(result, SIGNED_BYTES);
    }),
    { numRuns: 3000 },
  );
  assert.ok(accepted > 0);
});

test('one flipped bit anywhere is refused, or changes nothing that was signed', () => {
  const bytes = Buffer.from(GOOD);
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(7), (at, bit) => {
      const bent = Buffer.from(bytes);
      bent[at] = (bent[at] ?? 0) ^ (1 << bit);
      const result = tryVerify(bent);
      assert.ok(result === undefined || result === SIGNED_BYTES);
    }),
    { numRuns: 3000 },
  );
});

test('arbitrary bytes and arbitrary text are read or refused', () => {
  const markup = fc
    .array(fc.oneof(fc.constantFrom(...FRAGMENTS, '<', '>', '"', '/', 'a', '='), fc.string()))
    .map(parts => parts.join(''));
  const input = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    markup.map(text => Buffer.from(text)),
  );
  fc.assert(
    fc.property(input, bytes => void tryVerify(bytes)),
    { numRuns: 2000 },
  );
});

test('whatever a message says, reading it ends in a request or in one of our errors', () => {
  const edits = fc.array(edit, { maxLength: 3 });
  const xml = authnRequest({
    inner:
      '<samlp:NameIDPolicy AllowCreate="true"/><samlp:RequestedAuthnContext><saml:AuthnContextClassRef>x</saml:AuthnContextClassRef></samlp:RequestedAuthnContext>',
  });
  fc.assert(
    fc.property(edits, edits => {
      try {
        readAuthnRequest(readMessage(parseMessage(Buffer.from(bend(xml, edits))), ['AuthnRequest']));
      } catch (error) {
        assert.ok(error instanceof SamlError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});

test('whatever stands in a query or a form, decoding it ends in a message or in one of our errors', () => {
  const base = fc.constantFrom(`SAMLRequest=${deflated(GOOD)}&RelayState=x&SigAlg=y&Signature=AAAA`, postForm(GOOD));
  const piece = fc.oneof(
    fc.constantFrom('&', '=', '%', '%ff', '+', '&SAMLRequest=', '&SAMLEncoding=x', '%00'),
    fc.string({ maxLength: 5 }),
  );
  const edits = fc.array(fc.record({ at: fc.nat(3000), length: fc.nat(20), insert: piece }), { maxLength: 4 });
  fc.assert(
    fc.property(base, edits, fc.constantFrom('POST', 'Redirect'), (text, edits, binding) => {
      try {
        BINDINGS[binding].decode(bend(text, edits));
      } catch (error) {
        assert.ok(error instanceof SamlError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});
