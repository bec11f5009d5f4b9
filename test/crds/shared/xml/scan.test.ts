import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { canonicalize } from '#crds/shared/pure/xml/canonical.ts';
import { type ParseOptions, parseXml } from '#crds/shared/pure/xml/parse.ts';
import type { XmlElement, XmlNode } from '#crds/shared/pure/xml/tree.ts';
import { XmlError } from '#crds/shared/pure/xml/xml-error.ts';

/** Our reading of XML against that of saxes: neither more nor less, apart from what we leave out by name. */

const OPTIONS: ParseOptions = {
  limits: { bytes: 100_000, depth: 100, elements: 1000, attributes: 100 },
  comments: 'drop',
};

const RUNS = Number(process.env.FUZZ_RUNS ?? 5000);

const XMLNS = 'http://www.w3.org/2000/xmlns/';

/** undefined: not well-formed. 'left out': well-formed perhaps, but with something that we refuse by name. */
function bySaxes(text: string): string | undefined {
  const stack: { element: XmlElement; children: XmlNode[] }[] = [];
  let root: XmlElement | undefined;
  let leftOut = false;
  const parser = new SaxesParser({ xmlns: true, position: false });
  const characters = (text: string) => {
    const children = stack.at(-1)?.children;
    if (children === undefined) return;
    const last = children.at(-1);
    if (typeof last === 'string') children.splice(-1, 1, last + text);
    else children.push(text);
  };
  parser.on('doctype', () => (leftOut = true));
  parser.on('processinginstruction', () => (leftOut = true));
  parser.on('xmldecl', ({ version, encoding }) => {
    if (version !== '1.0' || (encoding ?? 'utf-8').toLowerCase() !== 'utf-8') leftOut = true;
  });
  parser.on('text', characters);
  parser.on('cdata', characters);
  parser.on('opentag', tag => {
    const all = Object.values(tag.attributes);
    if (all.some(({ uri, value }) => uri === XMLNS && value !== '' && !/^[A-Za-z][-+.A-Za-z0-9]*:/.test(value)))
      leftOut = true;
    const attributes = all
      .filter(({ uri }) => uri !== XMLNS)
      .map(({ prefix, local, uri, value }) => ({ prefix, local, namespace: uri, value }));
    const children: XmlNode[] = [];
    const element = {
      prefix: tag.prefix,
      local: tag.local,
      namespace: tag.uri,
      attributes,
      children,
      scope: new Map(),
    };
    stack.at(-1)?.children.push(element);
    root ??= element;
    stack.push({ element, children });
  });
  parser.on('closetag', () => stack.pop());
  try {
    parser.write(text).close();
  } catch {
    return leftOut ? 'left out' : undefined;
  }
  return leftOut || root === undefined ? 'left out' : canonicalize(root);
}

function byUs(text: string): string | undefined {
  try {
    return canonicalize(parseXml(Buffer.from(text), OPTIONS));
  } catch (error) {
    assert.ok(error instanceof XmlError);
    return ['NotWellFormed', 'NotUtf8'].includes(error.code) ? undefined : 'left out';
  }
}

function compare(given: string): void {
  // Half of a pair, cut by an edit, is not even a text.
  const text = given.toWellFormed();
  const [ours, theirs] = [byUs(text), bySaxes(text)];
  // What one of us leaves out, the other may have found broken first, or later.
  if (ours === 'left out' || theirs === 'left out') return assert.ok(ours === undefined || ours === 'left out');
  if (ours === undefined && SAXES_IS_LAX.test(text)) return;
  assert.equal(ours, theirs);
}

/** Namespaces, section 3: both sides of the colon are names of their own; saxes takes `p:.x` and `p:1`. */
const SAXES_IS_LAX = /:(?:[-.0-9\u00b7\u203f\u2040]|\p{M})/u;

const PIECES = [
  '<a>',
  '</a>',
  '<b/>',
  '<p:a xmlns:p="urn:p">',
  '</p:a>',
  '<a xmlns="urn:a">',
  '<a b="c" d=\'e\'>',
  '<q:b q:c=""/>',

  '<',
  '>',
  '/',
  '=',
  '"',
  "'",
  ':',
  '&',
  ';',
  '&amp;',
  '&lt;',
  '&#10;',
  '&#xD;',
  '&#0;',
  '&#x110000;',
  '&#xFFFE;',
  '&foo;',

  '<!-- c -->',
  '<!--',
  '-->',
  '--',
  '<![CDATA[',
  ']]>',
  '<!DOCTYPE a>',
  '<?x y?>',
  '<?xml version="1.0"?>',
  '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>',

  ' ',
  '\n',
  '\r',
  '\r\n',
  '\t',
  '\u0085',
  '\u2028',
  '\u00a0',
  'x',
  'é',
  '😀',
  '\u0001',
  '\ufffe',
  '\u0300',
  '·',
  '-',
  '.',
  '1',
  '_',

  ' ID="x"',
  ' xmlns=""',
  ' xmlns:p="urn:q"',
  ' xmlns:p=""',
  ' xmlns:xml="urn:x"',
  ' xmlns:xmlns="urn:x"',
  ' xml:lang="en"',
  ' p:b="1"',
  ' xmlns:xml="http://www.w3.org/XML/1998/namespace"',
];

test('heaps of pieces are read alike', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }), pieces => compare(pieces.join(''))),
    { numRuns: RUNS },
  );
});

test('heaps of pieces within an element are read alike', () => {
  const wrapped = fc
    .array(fc.constantFrom(...PIECES), { maxLength: 8 })
    .map(pieces => `<r xmlns:q="urn:q">${pieces.join('')}</r>`);
  fc.assert(fc.property(wrapped, compare), { numRuns: RUNS });
});

test('heaps of pieces within a tag are read alike', () => {
  const wrapped = fc
    .array(fc.constantFrom(...PIECES), { maxLength: 6 })
    .map(pieces => `<r xmlns:q="urn:q"${pieces.join('')}/>`);
  fc.assert(fc.property(wrapped, compare), { numRuns: RUNS });
});

const SAMPLE = `<?xml version="1.0" encoding="UTF-8"?>
<samlp:AuthnRequest xmlns:samlp="urn:p" xmlns:saml='urn:a' ID="_1" saml:x = "a&lt;b&#10;c	d"  >
  <saml:Issuer>https://x.example/?a=1&amp;b=2</saml:Issuer><!-- note --><e/><f></f >
  <saml:V><![CDATA[<&]]>x]]&gt;</saml:V>\r\n</samlp:AuthnRequest>
`;

test('a document that was edited anywhere is read alike', () => {
  const edit = fc.record({ at: fc.nat(SAMPLE.length), length: fc.nat(4), insert: fc.constantFrom('', ...PIECES) });
  const bent = fc
    .array(edit, { maxLength: 4 })
    .map(edits =>
      edits.reduce((text, { at, length, insert }) => text.slice(0, at) + insert + text.slice(at + length), SAMPLE),
    );
  fc.assert(fc.property(bent, compare), { numRuns: RUNS });
});

test('every character is a name, part of a name, text or refused alike', () => {
  for (let code = 1; code < 0x1_1000; code += code < 0x3100 ? 1 : 37) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const character = String.fromCodePoint(code);
    for (const text of [
      `<${character}/>`,
      `<a${character}/>`,
      `<a>${character}</a>`,
      `<a b="${character}"/>`,
      `<a ${character}="1"/>`,
    ])
      compare(text);
  }
});

test('reading is linear in the length of the text', () => {
  const limits = { bytes: 4_000_000, depth: 10, elements: 1_000_000, attributes: 1_000_000 };
  const parts = ['<a b="c"/>', 'x', '<!-- x -->', '<![CDATA[x]]>', '&amp;', '- -', ']]'];
  for (const part of parts) {
    const time = (times: number) => {
      const bytes = Buffer.from(`<r>${part.repeat(times)}</r>`);
      const started = performance.now();
      parseXml(bytes, { limits, comments: 'drop' });
      return performance.now() - started;
    };
    time(1000);
    const [short, long] = [Math.max(1, time(10_000)), time(80_000)];
    assert.ok(long < short * 40, `${part}: ${short} ms, then ${long} ms`);
  }
});
