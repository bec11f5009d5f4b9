import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { generate } from '#charts/generate.ts';
import { CHART, helm, missingHelm, render } from '#test/support/helm.ts';
import { isWorkload, MATRIX, renderObjects, workload } from './matrix.ts';

const skip = await missingHelm();
const matrix = Object.entries(MATRIX);

test('the committed files are what values.ts and the CRDs say', () => {
  for (const [name, text] of generate())
    assert.equal(readFileSync(join(CHART, name), 'utf8'), text, `${name}: npm run generate`);
});

test('helm lint has nothing to say', { skip }, async () => {
  const { code, stdout } = await helm(['lint', '--strict', CHART]);
  assert.equal(code, 0, stdout);
});

test('rendered twice it is the same, whatever the values: an upgrade changes nothing by itself', { skip }, async () => {
  for (const [name, rendering] of matrix) assert.equal(await render(rendering), await render(rendering), name);
});

test('a CRD comes out as it went in, and an uninstall leaves it', { skip }, async () => {
  const crds = (await renderObjects()).filter(({ kind }) => kind === 'CustomResourceDefinition');
  assert.equal(crds.length, 3);
  for (const { metadata, ...rest } of crds) {
    assert.equal(metadata.annotations?.['helm.sh/resource-policy'], 'keep');
    const { parse } = await import('yaml');
    const { metadata: _bare, ...committed } = parse(
      readFileSync(join(CHART, '..', '..', 'crds', `${metadata.name}.yaml`), 'utf8'),
    );
    assert.deepEqual(rest, committed);
  }
  const goes = await renderObjects({ set: ['crds.keep=false'] });
  assert.ok(
    goes.every(({ kind, metadata }) => kind !== 'CustomResourceDefinition' || metadata.annotations === undefined),
  );
});

test('the namespace of the keys outlives an uninstall', { skip }, async () => {
  const [namespace] = (await renderObjects()).filter(({ kind }) => kind === 'Namespace');
  assert.equal(namespace?.metadata.name, 'sso-idp');
  assert.equal(namespace?.metadata.annotations?.['helm.sh/resource-policy'], 'keep');
  assert.equal(namespace?.metadata.labels?.['pod-security.kubernetes.io/enforce'], 'restricted');
});

const RECOMMENDED = ['name', 'instance', 'component', 'part-of', 'version', 'managed-by'];

test('every object bears the recommended labels and lies in one of the two namespaces', { skip }, async () => {
  for (const [name, rendering] of matrix) {
    for (const { kind, metadata } of await renderObjects(rendering)) {
      for (const label of RECOMMENDED)
        assert.ok(metadata.labels?.[`app.kubernetes.io/${label}`], `${name}: ${kind} ${metadata.name} lacks ${label}`);
      assert.ok([undefined, 'sso-system', 'sso-idp'].includes(metadata.namespace), `${name}: ${kind} ${metadata.name}`);
    }
  }
});

test('pods bear no version of the chart: a chart that changes nothing of theirs restarts nothing', {
  skip,
}, async () => {
  const all = (await renderObjects()).filter(({ kind }) => isWorkload(kind));
  assert.equal(all.length, 3);
  for (const { metadata } of all) {
    const { labels = {} } = workload(all, metadata.name).spec.template.metadata;
    assert.equal(labels['helm.sh/chart'], undefined);
  }
});

test('labels of the pods add to ours and never take their place', { skip }, async () => {
  const objects = await renderObjects(MATRIX['everything about pods']);
  for (const name of ['sso-operator', 'sso-idp', 'sso-valkey']) {
    const { labels = {} } = workload(objects, name).spec.template.metadata;
    assert.equal(labels['app.kubernetes.io/name'], name);
    assert.equal(labels['example.com/team'], 'sso');
  }
});

test('no Secret is rendered, and no password', { skip }, async () => {
  for (const [name, rendering] of matrix) {
    const kinds = (await renderObjects(rendering)).map(({ kind }) => kind);
    assert.ok(!kinds.includes('Secret'), name);
  }
});
