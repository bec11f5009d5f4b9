import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Acknowledgement } from '#crds/schema/acknowledgement.ts';
import type { Condition } from '#crds/schema/conditions.ts';
import { canRead, isForgotten, judgeProgrammed, type Replica } from '#operator/rules/programmed.ts';

const wanted = { uid: 'me', configMap: '100', secrets: ['90', '95'] };
const replica = (said: Partial<Acknowledgement> | undefined, name = 'idp-0'): Replica => ({
  name,
  acknowledgement: said && { format: 1, configMaps: '100', secrets: '95', rejected: [], rejectedMore: false, ...said },
});
const judge = (replicas: Replica[], previous?: Partial<Condition>) =>
  judgeProgrammed({ replicas, wanted, generation: 3, previous: previous as Condition | undefined });

test('True only when every ready replica is past the ConfigMap and past each Secret', () => {
  assert.equal(judge([replica({})]).status, 'True');
  assert.equal(judge([replica({}), replica({ configMaps: '99' })]).reason, 'WaitingForReplicas');
  assert.equal(judge([replica({ secrets: '94' })]).reason, 'WaitingForReplicas');
  assert.equal(judge([replica({ configMaps: '99999999999999999999' })]).status, 'True');
});

test('kinds are never compared with one another', () => {
  assert.equal(judge([replica({ configMaps: '500', secrets: '1' })]).status, 'Unknown');
  assert.equal(judge([replica({ configMaps: '1', secrets: '500' })]).status, 'Unknown');
});

test('nobody ready, or one ready that says nothing, is Unknown', () => {
  assert.deepEqual([judge([]).status, judge([]).reason], ['Unknown', 'NoReplicas']);
  assert.deepEqual([judge([replica({}), replica(undefined)]).reason], ['NoReplicas']);
});

test('once True for a generation only a refusal lowers it', () => {
  const kept = { status: 'True', observedGeneration: 3 } as const;
  assert.equal(judge([replica({ configMaps: '1' })], kept).status, 'True');
  assert.equal(judge([], kept).status, 'True');
  assert.equal(judge([replica({ configMaps: '1' })], { ...kept, observedGeneration: 2 }).status, 'Unknown');
  assert.equal(judge([replica({ rejected: ['me'] })], kept).reason, 'Rejected');
  assert.equal(judge([replica({ rejectedMore: true })], kept).reason, 'Rejected');
  assert.equal(judge([replica({ rejected: ['other'] })], kept).status, 'True');
});

test('a document is forgotten when every ready replica is past it, and a format waits for its readers', () => {
  assert.ok(!isForgotten([replica({}), replica({ configMaps: '99' })], wanted));
  assert.ok(!isForgotten([replica(undefined)], wanted));
  assert.ok(isForgotten([], wanted));
  assert.ok(!canRead([replica({ format: 1 })], 2));
  assert.ok(canRead([replica({ format: 2 })], 2));
});
