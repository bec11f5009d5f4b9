import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { canonicalize } from '#crds/shared/pure/xml/canonical.ts';
import { type ParseOptions, parseXml } from '#crds/shared/pure/xml/parse.ts';
import type { XmlElement } from '#crds/shared/pure/xml/tree.ts';
import { NO_SCHEMAS, xmllintCanonical } from '#test/support/xml-tools.ts';

const OPTIONS: ParseOptions = {
  limits: { bytes: 1_000_000, depth: 100, elements: 100_000, attributes: 100 },
  comments: 'drop',
};

const canonical = (xml: string) => canonicalize(parseXml(Buffer.from(xml), OPTIONS));

/** Documents as text, with prefixes declared again, hidden, unused and out of order. */
const name = fc.constantFrom('a', 'b', 'Assertion', 'é', '_x-1.y');
const prefix = fc.constantFrom('', 'p', 'q', 'z');
/** No `&`: libxml2 2.9 writes it unescaped into a declaration, which is not even XML any more. */
const uri = fc.constantFrom('urn:one', 'urn:two', 'https://x.example/?a=1');
const text = fc.string({
  unit: fc.constantFrom(
    'x',
    ' ',
    '\n',
    '\t',
    '&amp;',
    '&lt;',
    '&gt;',
    '&#13;',
    '&#xA;',
    'ü',
    '😀',
    "'",
    '&quot;',
    '<!-- c -->',
    '<![CDATA[<&]]>',
  ),
});
const value = fc.string({
  unit: fc.constantFrom('x', ' ', '\n', '\t', '&amp;', '&lt;', '>', '&#13;', '&#xA;', '&#9;', 'ü', "'", '&quot;'),
});

interface Shape {
  prefix: string;
  name: string;
  declared: Record<string, string>;
  attributes: { prefix: string; name: string; value: string }[];
  children: (Shape | string)[];
}

const { shape } = fc.letrec<{ shape: Shape; node: Shape | string }>(tie => ({
  shape: fc.record({
    prefix,
    name,
    declared: fc.dictionary(prefix, uri, { maxKeys: 3 }),
    attributes: fc.array(fc.record({ prefix, name, value }), { maxLength: 3 }),
    children: fc.array(tie('node'), { maxLength: 3, depthIdentifier: 'tree' }),
  }),
  node: fc.oneof({ depthIdentifier: 'tree', maxDepth: 4 }, text, tie('shape')),
}));

function write(shape: Shape, scope: Record<string, string>): string {
  const inner = { ...scope, ...shape.declared };
  const prefix = shape.prefix in inner ? shape.prefix : '';
  const seen = new Set<string>();
  const attributes = shape.attributes.filter(attribute => {
    if (attribute.prefix !== '' && !(attribute.prefix in inner)) return false;
    const full = `{${attribute.prefix === '' ? '' : inner[attribute.prefix]}}${attribute.name}`;
    return !seen.has(full) && seen.add(full);
  });
  const tag = prefix === '' ? shape.name : `${prefix}:${shape.name}`;
  const declarations = Object.entries(shape.declared).map(([p, u]) => ` ${p === '' ? 'xmlns' : `xmlns:${p}`}="${u}"`);
  const written = attributes.map(({ prefix: p, name, value }) => ` ${p === '' ? name : `${p}:${name}`}="${value}"`);
  const children = shape.children.map(child => (typeof child === 'string' ? child : write(child, inner)));
  return `<${tag}${written.join('')}${declarations.join('')}>${children.join('')}</${tag}>`;
}

test('exclusive canonicalization equals that of libxml2', { skip: NO_SCHEMAS }, async () => {
  // In a few large documents: starting a program costs more than the work. Each part is a child, so it begins unscoped.
  for (let seed = 1; seed <= 5; seed++) {
    const parts = fc.sample(shape, { numRuns: 200, seed }).map(part => write(part, {}));
    const xml = `<root>${parts.join('')}</root>`.replaceAll(/<!--.*?-->/g, '');
    const { ok, output } = await xmllintCanonical(xml);
    assert.ok(ok, output.slice(0, 500));
    const ours = canonical(xml);
    let at = 0;
    while (at < ours.length && ours[at] === output[at]) at += 1;
    assert.ok(
      ours === output,
      `seed ${seed}: ${ours.slice(at - 60, at + 60)} is there ${output.slice(at - 60, at + 60)}`,
    );
  }
});

test('canonical text is its own canonical form, and means the same', () => {
  fc.assert(
    fc.property(shape, part => {
      const once = canonical(write(part, {}));
      assert.equal(canonical(once), once);
    }),
    { numRuns: 300 },
  );
});

test('a default namespace is taken back where a child has none', () => {
  assert.equal(canonical('<a xmlns="u:a"><b xmlns=""/></a>'), '<a xmlns="u:a"><b xmlns=""></b></a>');
});

test('attributes come by namespace and then by name, declarations by prefix', () => {
  assert.equal(
    canonical('<p:a xmlns:q="u:1" xmlns:p="u:2" p:x="1" q:y="2" b="3" a="4"/>'),
    '<p:a xmlns:p="u:2" xmlns:q="u:1" a="4" b="3" q:y="2" p:x="1"></p:a>',
  );
});

test('a prefix on the inclusive list is declared although nothing visible uses it', () => {
  const root = parseXml(Buffer.from('<a xmlns:xs="u:xs" xmlns:no="u:no"><b type="xs:string"/></a>'), OPTIONS);
  assert.equal(canonicalize(root, { inclusive: ['xs'] }), '<a xmlns:xs="u:xs"><b type="xs:string"></b></a>');
});

/** Names, values and texts of a tree, without anything of how it is written. */
function meaning(node: XmlElement | string): unknown {
  if (typeof node === 'string') return node;
  const attributes = node.attributes.map(({ namespace, local, value }) => [namespace, local, value].join(' ')).sort();
  return [node.namespace, node.local, attributes, node.children.map(meaning)];
}

test('a tree and its canonical text say the same, so what is read of a verified tree is what was digested', () => {
  fc.assert(
    fc.property(shape, part => {
      const tree = parseXml(Buffer.from(write(part, {})), OPTIONS);
      assert.deepEqual(meaning(parseXml(Buffer.from(canonicalize(tree)), OPTIONS)), meaning(tree));
    }),
    { numRuns: 500 },
  );
});
