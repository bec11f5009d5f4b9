import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeEntityId } from '#operator/rules/entity-id.ts';

const at = (uid: string, creationTimestamp: string, isLive = false) => ({ uid, creationTimestamp, isLive });
const entityId = 'https://sp.example';

test('the later claim on an entityId is refused, the earlier one and a lonely one are not', () => {
  const [early, late] = [at('b', '2026-01-01T00:00:00Z'), at('a', '2026-01-02T00:00:00Z')];
  assert.equal(judgeEntityId({ entityId, self: late, others: [early] })?.reason, 'EntityIdConflict');
  assert.equal(judgeEntityId({ entityId, self: early, others: [late] }), undefined);
  assert.equal(judgeEntityId({ entityId, self: late, others: [] }), undefined);
});

test('who holds it stays, also against an older one that changes its mind', () => {
  const [older, holder] = [at('a', '2026-01-01T00:00:00Z'), at('b', '2026-01-02T00:00:00Z', true)];
  assert.equal(judgeEntityId({ entityId, self: older, others: [holder] })?.reason, 'EntityIdConflict');
  assert.equal(judgeEntityId({ entityId, self: holder, others: [older] }), undefined);
});
