import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { validateResource } from '#crds/shared/pure/validate.ts';
import { connect } from '#crds/wire/api-server.ts';
import { type ResourceType, WireError } from '#crds/wire/cluster.ts';
import type { Manifest } from '../crds/case.ts';
import { tenant } from '../crds/cases.ts';
import { type ApiServer, type KubectlResult, startApiServer } from '../support/api-server.ts';
import { keepLog } from '../support/api-server-sink.ts';

/** Traps between YAML, kubectl and the API server that the list of cases cannot show. */

let api: ApiServer;
before(async () => {
  api = await startApiServer();
  await api.installCrds();
});
after(async () => api[Symbol.asyncDispose]());

const yaml = (lines: string): string => `
apiVersion: sso-operator.dev/v1alpha1
kind: SsoTenant
metadata: {name: sample, namespace: default}
spec:
  domain: login.acme.example
  identitySources: [{name: people, users: {secretRef: {name: people}}}]
  ${lines}
`;

/** `kubectl apply --dry-run=server`, which prints the spec that would be stored. */
const dryRun = (text: string, ...more: string[]): Promise<KubectlResult> =>
  api.kubectl(['apply', '--dry-run=server', '-o', 'jsonpath={.spec}', ...more, '-f', '-'], text);

async function refuses(text: string, said: RegExp, ...more: string[]): Promise<void> {
  const { code, stderr } = await dryRun(text, ...more);
  assert.equal(code, 1);
  assert.match(stderr, said);
}

test('kubectl reads Off as a boolean, and the API server refuses that for a text', async () => {
  await refuses(yaml('displayName: Off'), /spec\.displayName.*must be of type string: "boolean"/);
  const { stdout } = await dryRun(yaml('displayName: "Off"'));
  assert.match(stdout, /"displayName":"Off"/);
});

test('kubectl reads the key n as false, so a selector of it would select something else', async () => {
  const { stdout } = await dryRun(yaml('clients: {from: Selector, selector: {matchLabels: {n: x}}}'));
  assert.match(stdout, /"matchLabels":\{"false":"x"\}/);
});

test('no value of an enum of ours is a boolean or null to kubectl', async () => {
  const BOOLEANS = ['y', 'n', 'yes', 'no', 'on', 'off', 'true', 'false', 'null', '~'];
  const { stdout } = await api.kubectl(['get', 'crd', '-o', 'json']);
  const enums = [...stdout.matchAll(/"enum": \[([^\]]*)\]/g)].flatMap(([, list = '']) => JSON.parse(`[${list}]`));
  assert.ok(enums.includes('Confidential'));
  // Of a condition, which no person writes.
  const wrong = enums.filter(value => BOOLEANS.includes(String(value).toLowerCase()));
  assert.deepEqual(new Set(wrong), new Set(['True', 'False']));
});

test('an unknown field is refused by kubectl, applied either way', async () => {
  await refuses(yaml('displayname: x'), /unknown field "spec\.displayname"/);
  await refuses(yaml('displayname: x'), /displayname: field not declared in schema/, '--server-side');
});

test('null is refused by server-side apply and offline; a plain create drops it', async () => {
  const text = yaml('displayName: null');
  await refuses(text, /spec\.displayName.*must be of type string: "null"/, '--server-side');
  assert.equal((await dryRun(text)).code, 0);
  const [problem] = validateResource(tenant({ displayName: null }));
  assert.deepEqual(problem?.path, ['spec', 'displayName']);

  const type: ResourceType = { ...tenant(), plural: 'ssotenants', namespaced: true };
  const cluster = connect(api.connection('admin'), { log: keepLog().log, userAgent: 'test' });
  const applied = cluster.apply<Manifest>(type, tenant({ displayName: null }));
  await assert.rejects(applied, error => error instanceof WireError && error.code === 'Invalid');
});

test('an immutable optional field does not change by being removed and added again', async () => {
  const client = (clientId: string) => `
apiVersion: sso-operator.dev/v1alpha1
kind: OidcClient
metadata: {name: sample, namespace: default}
spec:
  tenantRef: {name: acme}
  type: Confidential
  redirectUris: [https://a.example/]
  access: {everyone: true}
  ${clientId}
`;
  const apply = (text: string) => api.kubectl(['apply', '-f', '-'], text);
  assert.equal((await apply(client('clientId: one'))).code, 0);
  for (const step of ['', 'clientId: two']) {
    const { code, stderr } = await apply(client(step));
    assert.equal(code, 1);
    assert.match(stderr, /clientId is immutable/);
  }
});

test('kubectl answers what people ask: short names, the category, columns and explanations', async () => {
  const text = (args: string) => api.kubectl(args.split(' ')).then(({ stdout }) => stdout);
  await api.kubectl(['apply', '-f', '-'], yaml(''));
  assert.match(await text('get ssot'), /^NAME +DOMAIN +STATUS +READY +REASON +AGE\nsample +login\.acme\.example/);
  assert.match(await text('get oidcc'), /^NAME +CLIENTID +TENANT +READY +REASON +AGE\nsample +acme/);
  const all = await text('get sso');
  assert.match(all, /ssotenant\.sso-operator\.dev\/sample/);
  assert.match(all, /oidcclient\.sso-operator\.dev\/sample/);
  assert.match(await text('explain ssot.spec.domain'), /Where people sign in/);
});
