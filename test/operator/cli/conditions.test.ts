import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Condition } from '#crds/schema/conditions.ts';
import type { OidcClient } from '#crds/schema/kinds.ts';
import { conditionTable } from '#operator/cli/conditions.ts';

const condition = (type: string, status: Condition['status'], reason: string, message = ''): Condition => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: '2026-01-01T00:00:00Z',
});

const client = (name: string, conditions: Condition[]): OidcClient => ({
  apiVersion: 'sso-operator.dev/v1alpha1',
  kind: 'OidcClient',
  metadata: { name, namespace: 'team' },
  spec: { tenantRef: { name: 'acme' }, type: 'Public', redirectUris: [], access: { everyone: true } },
  status: { conditions },
});

test('what is ready takes one line, what is not says which condition holds it back, and an advisory is shown', () => {
  const lines = conditionTable([
    client('good', [condition('Ready', 'True', 'Succeeded'), condition('Accepted', 'True', 'Succeeded')]),
    client('bad', [
      condition('Ready', 'False', 'TenantNotAvailable'),
      condition('Stalled', 'True', 'TenantNotAvailable'),
      condition('Accepted', 'False', 'TenantNotAvailable', 'Ask the owner.'),
      condition('Programmed', 'Unknown', 'Progressing', 'Nothing is live.'),
    ]),
    client('short', [condition('Ready', 'True', 'Succeeded'), condition('Advisory', 'True', 'SecretShort', 'Longer!')]),
    client('new', []),
  ]);
  assert.deepEqual(lines, [
    '  KIND        NAME        READY    REASON',
    '  OidcClient  team/good   True     Succeeded',
    '  OidcClient  team/bad    False    TenantNotAvailable',
    '                Accepted  False    TenantNotAvailable  Ask the owner.',
    '  OidcClient  team/short  True     Succeeded',
    '                Advisory  True     SecretShort         Longer!',
    '  OidcClient  team/new    Unknown  Progressing',
  ]);
});
