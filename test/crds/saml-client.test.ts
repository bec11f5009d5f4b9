import assert from 'node:assert/strict';
import { test } from 'node:test';
import { samlClientSpec } from '#crds/schema/saml-client.ts';
import { checkRules } from '#crds/shared/pure/cel.ts';
import { checkShape } from '#crds/shared/pure/shape.ts';
import { type Structural, structural } from '#crds/shared/pure/structural.ts';
import { pathText } from '#crds/shared/pure/validate.ts';
import { SAML_SPEC_CASES } from './saml-client-cases.ts';

const SCHEMA = structural(samlClientSpec);

for (const { name, spec, before, refused } of SAML_SPEC_CASES)
  test(`SamlClient: ${name} is ${refused === undefined ? 'taken' : 'refused'}`, () => {
    const shape = checkShape(SCHEMA, spec, ['spec']);
    const problems = shape.length > 0 ? shape : checkRules(SCHEMA, spec, before, ['spec']);
    if (refused === undefined) return assert.deepEqual(problems, []);
    const [first] = problems;
    assert.ok(first !== undefined && pathText(first.path).startsWith(refused.path), JSON.stringify(problems));
    if (refused.rule !== undefined) assert.equal(first.message, refused.rule);
  });

function rulesOf(schema: Structural): string[] {
  const own = (schema['x-kubernetes-validations'] ?? []).map(({ message }) => message);
  const below = [...Object.values(schema.properties ?? {}), schema.items, schema.additionalProperties];
  return [...own, ...below.flatMap(child => (child === undefined ? [] : rulesOf(child)))];
}

test('every CEL rule of a SamlClient has a case that it refuses', () => {
  const proven = new Set(SAML_SPEC_CASES.map(({ refused }) => refused?.rule));
  assert.deepEqual(
    rulesOf(SCHEMA).filter(rule => !proven.has(rule)),
    [],
  );
});
