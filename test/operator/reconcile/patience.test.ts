import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Condition } from '#crds/schema/conditions.ts';
import { Patience } from '#operator/reconcile/patience.ts';

function ready(reason: Condition['reason'], status: Condition['status'] = 'Unknown'): Condition[] {
  const lastTransitionTime = '2026-11-21T00:00:00Z';
  return [{ type: 'Ready', status, reason, message: '', lastTransitionTime, observedGeneration: 1 }];
}

test('a status that only says that replicas are loading is held back for two seconds, then said', () => {
  const patience = new Patience();
  assert.equal(patience.left('uid', ready('WaitingForReplicas'), 1000), 2);
  assert.equal(patience.left('uid', ready('WaitingForReplicas'), 2500), 0.5);
  assert.equal(patience.left('uid', ready('WaitingForReplicas'), 3000), 0);
});

test('whatever else there is to say is said at once, and the next wait begins anew', () => {
  const patience = new Patience();
  patience.left('uid', ready('WaitingForReplicas'), 1000);
  assert.equal(patience.left('uid', ready('Rejected', 'False'), 1100), 0);
  assert.equal(patience.left('uid', ready('NoReplicas'), 1200), 0);
  assert.equal(patience.left('uid', ready('Succeeded', 'True'), 1300), 0);
  assert.equal(patience.left('uid', ready('WaitingForReplicas'), 9000), 2);
});
