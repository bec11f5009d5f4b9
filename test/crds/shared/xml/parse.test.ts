import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ParseOptions, parseXml } from '#crds/shared/pure/xml/parse.ts';
import { attributeOf, textOf } from '#crds/shared/pure/xml/tree.ts';
import { XmlError, type XmlErrorCode } from '#crds/shared/pure/xml/xml-error.ts';

const STRICT: ParseOptions = {
  limits: { bytes: 4096, depth: 5, elements: 20, attributes: 4 },
  comments: 'refuse',
};

const REFUSED: [what: string, xml: string | Buffer, code: XmlErrorCode][] = [
  ['a document type', '<!DOCTYPE a><a/>', 'DocumentType'],
  ['an internal subset', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 'DocumentType'],
  ['an external entity', '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', 'DocumentType'],
  [
    'a billion laughs',
    `<!DOCTYPE a [<!ENTITY b "${'x'.repeat(100)}"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>`,
    'DocumentType',
  ],
  ['an undeclared entity', '<a>&nbsp;</a>', 'NotWellFormed'],
  ['an instruction', '<a><?php echo 1?></a>', 'ProcessingInstruction'],
  ['a style sheet', '<?xml-stylesheet href="x"?><a/>', 'ProcessingInstruction'],
  ['a comment', '<a>one<!-- x -->two</a>', 'Comment'],
  ['a comment outside', '<!-- x --><a/>', 'Comment'],
  ['XML 1.1', '<?xml version="1.1"?><a/>', 'Declaration'],
  ['another encoding', '<?xml version="1.0" encoding="ISO-8859-1"?><a/>', 'Declaration'],
  ['UTF-7 by declaration', '<?xml version="1.0" encoding="UTF-7"?><a/>', 'Declaration'],
  ['UTF-16', Buffer.from('\ufeff<a/>', 'utf16le'), 'NotUtf8'],
  ['broken UTF-8', Buffer.from([0x3c, 0x61, 0x3e, 0xc3, 0x28, 0x3c, 0x2f, 0x61, 0x3e]), 'NotUtf8'],
  ['too many bytes', `<a>${'x'.repeat(4096)}</a>`, 'TooLarge'],
  ['too much depth', '<a><a><a><a><a><a/></a></a></a></a></a>', 'TooDeep'],
  ['too many elements', `<a>${'<b/>'.repeat(20)}</a>`, 'TooManyElements'],
  ['too many attributes', '<a b="1" c="2" d="3" e="4" f="5"/>', 'TooManyAttributes'],
  [
    'too many declarations',
    '<a xmlns:a="u:a" xmlns:b="u:b" xmlns:c="u:c" xmlns:d="u:d" xmlns:e="u:e"/>',
    'TooManyAttributes',
  ],
  ['an id twice', '<a ID="x"><b ID="x"/></a>', 'DuplicateId'],
  ['an id twice in two spellings', '<a ID="x"><b Id="x"/></a>', 'DuplicateId'],
  ['an id twice, once as xml:id', '<a ID="x"><b xml:id="x"/></a>', 'DuplicateId'],
  ['a relative namespace', '<a xmlns="foo"/>', 'RelativeNamespace'],
  ['a relative namespace below', '<a><b xmlns:c="../c"/></a>', 'RelativeNamespace'],
  ['an undeclared prefix', '<x:a/>', 'NotWellFormed'],
  ['an undeclared prefix of an attribute', '<a x:b="1"/>', 'NotWellFormed'],
  ['an attribute twice', '<a b="1" b="2"/>', 'NotWellFormed'],
  ['an attribute twice by namespace', '<a xmlns:p="u:x" xmlns:q="u:x" p:b="1" q:b="2"/>', 'NotWellFormed'],
  ['a bound xmlns prefix', '<a xmlns:xmlns="u:x"/>', 'NotWellFormed'],
  ['the xml prefix bound elsewhere', '<a xmlns:xml="u:x"/>', 'NotWellFormed'],
  ['two roots', '<a/><b/>', 'NotWellFormed'],
  ['text behind the root', '<a/>x', 'NotWellFormed'],
  ['an end without beginning', '<a></b></a>', 'NotWellFormed'],
  ['an open end', '<a><b></b>', 'NotWellFormed'],
  ['nothing', '', 'NotWellFormed'],
  ['a control character', '<a>\u0001</a>', 'NotWellFormed'],
  ['a control character by reference', '<a>&#1;</a>', 'NotWellFormed'],
  ['a lone surrogate by reference', '<a>&#xD800;</a>', 'NotWellFormed'],
  ['< in an attribute', '<a b="<"/>', 'NotWellFormed'],
  [']]> in text', '<a>]]></a>', 'NotWellFormed'],
];

for (const [what, xml, code] of REFUSED)
  test(`${what} is refused: ${code}`, () => {
    assert.throws(() => parseXml(Buffer.from(xml), STRICT), { name: 'XmlError', code });
  });

test('an honest document is read with its namespaces', () => {
  const root = parseXml(
    Buffer.from('<a xmlns="u:a" xmlns:b="u:b" ID="i" b:c="&lt;&#10;"><b:d> x &amp; y\r\n</b:d></a>'),
    STRICT,
  );
  assert.equal(root.namespace, 'u:a');
  assert.equal(attributeOf(root, 'ID'), 'i');
  assert.equal(attributeOf(root, 'c'), undefined);
  assert.deepEqual(root.attributes[1], { prefix: 'b', local: 'c', namespace: 'u:b', value: '<\n' });
  const [child] = root.children;
  assert.ok(child !== undefined && typeof child !== 'string');
  assert.equal(child.namespace, 'u:b');
  assert.deepEqual(child.children, [' x & y\n']);
  assert.equal(textOf(child), 'x & y');
  assert.equal(textOf(root), undefined);
});

test('where comments are dropped, the text around them is one, as what is signed is', () => {
  const root = parseXml(Buffer.from('<a>admin@acme.example<!-- -->.evil</a>'), { ...STRICT, comments: 'drop' });
  assert.deepEqual(root.children, ['admin@acme.example.evil']);
});

test('character data sections are text and nothing more', () => {
  const root = parseXml(Buffer.from('<a>x<![CDATA[<b/>]]>y</a>'), STRICT);
  assert.deepEqual(root.children, ['x<b/>y']);
});

test('an error tells no content', () => {
  try {
    parseXml(Buffer.from('<a>secret-value</b>'), STRICT);
    assert.fail();
  } catch (error) {
    assert.ok(error instanceof XmlError);
    assert.ok(!error.message.includes('secret'));
  }
});
