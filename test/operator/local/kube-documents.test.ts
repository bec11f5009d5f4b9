import assert from 'node:assert/strict';
import { test } from 'node:test';
import { array, constantFrom, assert as holds, oneof, property, string } from 'fast-check';
import type { KubeObject, Secret } from '#crds/schema/kinds.ts';
import { readObjects } from '#operator/local/kube-documents.ts';

const read = (text: string, old?: KubeObject) => readObjects('a.yaml', text, () => old);
const problems = (text: string, old?: KubeObject): string[] =>
  read(text, old).problems.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`);

const TENANT = `apiVersion: sso-operator.dev/v1alpha1
kind: SsoTenant
metadata:
  name: acme
  namespace: team-acme
spec:
  domain: acme.localhost
  identitySources:
    - name: people
      users:
        secretRef:
          name: people
`;

test('a good document becomes an object, several documents in one file become several', () => {
  const { objects, problems } = read(`# only a comment\n---\n${TENANT}---\n${TENANT.replace('acme\n', 'beta\n')}---\n`);
  assert.deepEqual(problems, []);
  assert.deepEqual(
    objects.map(({ object }) => object.metadata.name),
    ['acme', 'beta'],
  );
});

test('broken syntax is found at its line and column', () => {
  const found = problems(TENANT.replace('  identitySources:', '  identitySources: ['));
  assert.match(found[0] ?? '', /^a\.yaml:\d+:\d+: /);
  assert.match(problems('a: b\n c: d\n')[0] ?? '', /^a\.yaml:[12]:\d+: /);
});

test('a wrong value, an unknown field and a missing field are found where they stand', () => {
  assert.match(
    problems(TENANT.replace('acme.localhost', '12'))[0] ?? '',
    /^a\.yaml:7:11: spec\.domain: must be of type string/,
  );
  assert.match(problems(`${TENANT}  colour: red\n`)[0] ?? '', /^a\.yaml:13:11: spec\.colour: unknown field/);
  assert.match(
    problems(TENANT.replace('  domain: acme.localhost\n', ''))[0] ?? '',
    /^a\.yaml:6:1: spec\.domain: is required/,
  );
});

test('a CEL rule and a rule about change are found where they stand', () => {
  const twice = TENANT.replace('  identitySources', '  exposure: {pod: {}, none: {}}\n  identitySources');
  assert.match(problems(twice)[0] ?? '', /^a\.yaml:8:3: spec\.exposure: .*exactly one of pod, ingress and none/);
  const old = read(TENANT).objects[0]?.object;
  const moved = TENANT.replace('acme.localhost', 'other.localhost');
  assert.match(problems(moved, old)[0] ?? '', /^a\.yaml:7:11: spec\.domain: .*immutable/);
});

test('what YAML 1.1 and 1.2 read differently is refused, quoted it is not', () => {
  const label = (text: string): string =>
    TENANT.replace('  name: acme\n', `  name: acme\n  labels:\n    on-call: ${text}\n`);
  assert.match(
    problems(label('Off'))[0] ?? '',
    /^a\.yaml:6:14: kubectl \(YAML 1\.1\) reads Off as false: put it in quotes/,
  );
  assert.match(problems(label('n'))[0] ?? '', /:6:14: .* reads n as false/);
  assert.match(problems(label('010'))[0] ?? '', /:6:14: .* reads 010 as 8/);
  assert.match(problems(label('yes').replace('on-call: yes', 'n: "yes"'))[0] ?? '', /:6:5: .* reads n as false/);
  assert.match(problems(`base: &b {a: 1}\nx:\n  <<: *b\n`)[0] ?? '', /:3:3: merge keys/);
  assert.deepEqual(problems(label('"Off"')), []);
});

test('a wrong version or kind of ours is a problem, a foreign kind is left aside with a note', () => {
  assert.match(problems(TENANT.replace('v1alpha1', 'v1'))[0] ?? '', /^a\.yaml:1:13: apiVersion: must be/);
  assert.match(
    problems(TENANT.replace('kind: SsoTenant', 'kind: SsoTenand'))[0] ?? '',
    /^a\.yaml:2:7: kind: must be one of/,
  );
  const foreign = read('apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n');
  assert.deepEqual(foreign.problems, []);
  assert.deepEqual(foreign.notes, ['a.yaml:1: Deployment is left aside']);
  assert.match(problems('just: text\n')[0] ?? '', /^a\.yaml:1:1: not a Kubernetes object/);
});

test('stringData of a Secret is encoded and wins over data; data that is not base64 is a problem', () => {
  const secret = 'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n';
  const made = read(`${secret}stringData: {a: plain}\ndata: {a: b2xk, b: b2xk}\n`).objects[0]?.object as Secret;
  assert.deepEqual(made.data, { a: Buffer.from('plain').toString('base64'), b: 'b2xk' });
  assert.equal(made.metadata.namespace, 'default');
  assert.match(problems(`${secret}data:\n  a: "not base64"\n`)[0] ?? '', /^a\.yaml:5:6: data\.a: must be base64/);
});

test('an alias of nothing and aliases that grow without end are problems, not crashes', () => {
  assert.match(problems('a: *nothing\n')[0] ?? '', /nothing/);
  const laughs = [
    'a: &a [x,x,x,x,x,x,x,x,x]',
    ...'bcdefg'.split('').map((name, at) => {
      const before = 'abcdef'[at];
      return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(',')}]`;
    }),
  ];
  assert.equal(problems(`${laughs.join('\n')}\n`).length, 1);
});

test('a name or namespace that would lead out of the folder is a problem', () => {
  const secret = (metadata: string): string => `apiVersion: v1\nkind: Secret\nmetadata: ${metadata}\n`;
  assert.match(problems(secret('{name: s, namespace: ../../etc}'))[0] ?? '', /metadata\.namespace: must be lower case/);
  assert.match(problems(secret('{name: ../s}'))[0] ?? '', /metadata\.name: must be lower case/);
  assert.match(problems(TENANT.replace('namespace: team-acme', 'namespace: ../x'))[0] ?? '', /metadata\.namespace/);
});

test('whatever stands in a file, reading it ends with objects or with problems that have a place', () => {
  const pieces = [
    ...TENANT.split(/(?<=[\n:{[])/),
    '- ',
    '&a ',
    '*a',
    '? ',
    '| ',
    '!!binary ',
    '{',
    ']',
    '"',
    "'",
    '\t',
    '---\n',
    '%YAML 1.1\n',
  ];
  const text = oneof(
    string({ unit: 'binary' }),
    array(constantFrom(...pieces), { maxLength: 40 }).map(parts => parts.join('')),
  );
  holds(
    property(text, text => {
      const { objects, problems, notes } = read(text);
      for (const { line, column } of problems) assert.ok(line >= 1 && column >= 1);
      return objects.length + problems.length + notes.length >= 0;
    }),
    { numRuns: 500 },
  );
});
