import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KINDS } from '#crds/schema/kinds.ts';
import { type Structural, structural } from '#crds/shared/pure/structural.ts';
import { pathText, validateResource } from '#crds/shared/pure/validate.ts';
import { CASES, client, tenant } from './cases.ts';

for (const { name, object, before, refused } of CASES) {
  const change = before === undefined ? '' : 'change of ';
  test(`offline, ${object.kind}: ${change}${name} is ${refused === undefined ? 'taken' : 'refused'}`, () => {
    const problems = validateResource(object, before).map(({ path, message }) => ({ path: pathText(path), message }));
    if (refused === undefined) return assert.deepEqual(problems, []);
    const [first] = problems;
    assert.ok(first !== undefined && first.path.startsWith(refused.path), JSON.stringify(problems));
    if (refused.rule !== undefined) assert.equal(first.message, refused.rule);
  });
}

function rulesOf(schema: Structural): string[] {
  const own = (schema['x-kubernetes-validations'] ?? []).map(({ message }) => message);
  const { items, additionalProperties } = schema;
  const below = [...Object.values(schema.properties ?? {}), items, additionalProperties];
  return [...own, ...below.flatMap(child => (child === undefined ? [] : rulesOf(child)))];
}

test('every CEL rule has a case that it refuses', () => {
  const proven = new Set(CASES.map(({ refused }) => refused?.rule));
  const rules = Object.values(KINDS).flatMap(({ spec }) => rulesOf(structural(spec)));
  assert.ok(rules.length > 10);
  assert.deepEqual(
    rules.filter(rule => !proven.has(rule)),
    [],
  );
});

test('several mistakes are told at once, each with its place', () => {
  const problems = validateResource(client({ type: 'Some', redirectUris: ['x', 'https://a.example', 'y'], scops: [] }));
  assert.deepEqual(problems.map(({ path }) => pathText(path)).sort(), [
    'spec.redirectUris[0]',
    'spec.redirectUris[2]',
    'spec.scops',
    'spec.type',
  ]);
});

test('a field in the wrong case is answered with the right one', () => {
  const [problem] = validateResource(client({ redirectURIs: [] }));
  assert.equal(problem?.message, 'unknown field; did you mean redirectUris?');
});

test('what kubectl shows can be put back', () => {
  const shown = tenant();
  const metadata = { ...shown.metadata, uid: 'u', resourceVersion: '7', creationTimestamp: 't', managedFields: [{}] };
  assert.deepEqual(validateResource({ ...shown, metadata, status: { observedGeneration: 1 } }), []);
});

test('whatever is no resource of ours is a problem and never an exception', () => {
  for (const value of [undefined, null, 'x', 7, [], {}, { apiVersion: 'v1' }, { ...tenant(), kind: 'Other' }])
    assert.equal(validateResource(value).length, 1);
  for (const metadata of [null, 'x', {}, { name: 'Not_A_Name' }, { name: 'x', lables: {} }])
    assert.equal(validateResource({ ...tenant(), metadata }).length, 1, JSON.stringify(metadata));
  for (const spec of [undefined, null, 'x', []]) assert.equal(validateResource({ ...tenant(), spec }).length, 1);
  assert.equal(validateResource({ ...tenant(), spce: {} }).length, 1);
});

test('__proto__ and constructor are unknown fields like any other', () => {
  const spec = JSON.parse('{"__proto__": {"x": 1}, "constructor": 1}') as object;
  const paths = validateResource({ ...tenant(), spec: { ...tenant().spec, constructor: 1 } });
  assert.equal(pathText(paths[0]?.path ?? []), 'spec.constructor');
  assert.ok(validateResource({ ...tenant(), spec }).some(({ message }) => message === 'unknown field'));
});
