import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SamlClient } from '#crds/schema/kinds.ts';
import { type Tenure, tenureOf } from '#operator/rules/tenure.ts';

const client = { kind: 'SamlClient', metadata: { name: 'app', namespace: 'apps', uid: 'new' } } as SamlClient;
const object = (labels: Record<string, string>, annotations: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'app-saml', namespace: 'apps', labels, annotations },
});
const OWNER = 'sso-operator.dev/owner';
const UID = 'sso-operator.dev/owner-uid';

test('what lies beside a resource is ours by UID, of a predecessor by name, and else foreign', () => {
  const cases: [Tenure, ReturnType<typeof object> | undefined][] = [
    ['free', undefined],
    ['ours', object({ [UID]: 'new' })],
    ['predecessor', object({ [UID]: 'old' }, { [OWNER]: 'apps/app' })],
    ['foreign', object({ [UID]: 'old' }, { [OWNER]: 'apps/other' })],
    ['foreign', object({}, { [OWNER]: 'apps/app' })],
  ];
  for (const [tenure, found] of cases) assert.equal(tenureOf(client, found), tenure);
});
