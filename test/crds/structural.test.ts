import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { celRules } from '#crds/schema/rule.ts';
import { checkRules } from '#crds/shared/pure/cel.ts';
import { NotStructuralError, structural } from '#crds/shared/pure/structural.ts';

const text = z.string().max(5);

/** What zod would drop or write so that Kubernetes drops or misreads it. */
const REFUSED: Record<string, z.ZodType> = {
  'a refinement': z.object({ a: text.refine(value => value === 'a') }),
  'a transformation': z.object({ a: text.transform(value => value) }),
  'a trimmed string': text.trim(),
  'a default': z.object({ a: text.default('x') }),
  'a rule for the keys of a map': z.record(z.string().max(3), text).meta({ maxProperties: 3 }),
  'a flag of a pattern': text.regex(/a/i),
  'two patterns': text.regex(/a/).regex(/b/),
  'a union of literals': z.union([z.literal('a'), z.literal(1)]),
  'a union of objects': z.discriminatedUnion('a', [z.object({ a: z.literal('x') })]),
  'bare unknown': z.object({ a: z.unknown() }),
  'an id': z.object({ a: text.meta({ id: 'x' }) }),
  'a strict object': z.strictObject({ a: text }),
  'a nullable field': text.nullable(),
  'a format': z.url().max(10),
  'a string without a bound': z.string(),
  'a list without a bound': z.array(text),
  'a map without a bound': z.record(z.string(), text),
  'a lookahead': text.regex(/(?=a)a/),
  'a lookbehind': text.regex(/(?<=a)a/),
  'white space as JavaScript reads it': text.regex(/^\S+$/),
  'a back reference': text.regex(/(a)\1/),
};

for (const [name, type] of Object.entries(REFUSED)) {
  test(`${name} is refused before it reaches a CRD`, () => {
    assert.throws(() => structural(type), NotStructuralError);
  });
}

test('what is refused is named by its place', () => {
  const type = z.object({ spec: z.object({ names: z.array(z.string()).max(3) }) });
  assert.throws(() => structural(type), /\.spec\.names\[\]: a string needs maxLength/);
});

test('CEL rules, list types and descriptions pass through', () => {
  const type = z
    .object({ a: text.optional().describe('A.'), n: z.int() })
    .meta(celRules({ rule: 'has(self.a)', message: 'a is needed' }));
  assert.deepEqual(structural(type), {
    type: 'object',
    properties: { a: { type: 'string', maxLength: 5, description: 'A.' }, n: { type: 'integer' } },
    required: ['n'],
    'x-kubernetes-validations': [{ rule: 'has(self.a)', message: 'a is needed' }],
  });
});

test('an integer is an int of CEL, a rule that cannot be evaluated refuses, and items keep their past by key', () => {
  const item = z
    .object({ name: text, n: z.int() })
    .meta(celRules({ rule: 'self.n >= oldSelf.n', message: 'n must not fall' }));
  const list = z
    .array(item)
    .max(3)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] });
  const schema = structural(
    z.object({ list, n: z.int().optional() }).meta(celRules({ rule: 'self.n == 3', message: 'n is three' })),
  );
  const before = { n: 3, list: [{ name: 'a', n: 5 }] };
  const after = {
    n: 3,
    list: [
      { name: 'b', n: 1 },
      { name: 'a', n: 4 },
    ],
  };
  assert.deepEqual(checkRules(schema, before, undefined, []), []);
  assert.deepEqual(checkRules(schema, after, before, []), [{ path: ['list', 1], message: 'n must not fall' }]);
  assert.deepEqual(checkRules(schema, { list: [] }, undefined, []), [{ path: [], message: 'n is three' }]);
});
