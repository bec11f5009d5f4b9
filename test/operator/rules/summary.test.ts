import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Condition } from '#crds/schema/conditions.ts';
import { summarize } from '#operator/rules/summary.ts';
import { bad, good, unknown } from '#operator/rules/verdict.ts';

const NOW = Date.parse('2026-06-01T10:20:30.456Z');
const base = { order: ['Accepted', 'Programmed'] as const, advisory: undefined, previous: [], generation: 2, now: NOW };
const byType = (conditions: Condition[]) => Object.fromEntries(conditions.map(it => [it.type, it]));

test('all good is Ready, with neither Reconciling nor Stalled', () => {
  const conditions = summarize({ ...base, verdicts: { Accepted: good('a'), Programmed: good('p') } });
  assert.deepEqual(
    conditions.map(it => [it.type, it.status]),
    [
      ['Ready', 'True'],
      ['Accepted', 'True'],
      ['Programmed', 'True'],
    ],
  );
  assert.equal(conditions[0]?.lastTransitionTime, '2026-06-01T10:20:30Z');
});

test('what waits is Reconciling and Ready Unknown; what needs a person is Stalled and Ready False', () => {
  const waiting = byType(
    summarize({ ...base, verdicts: { Accepted: good('a'), Programmed: unknown('NoReplicas', 'n') } }),
  );
  assert.deepEqual(
    [waiting['Ready']?.status, waiting['Reconciling']?.status, waiting['Stalled']],
    ['Unknown', 'True', undefined],
  );
  const verdicts = { Accepted: bad('DomainConflict', 'd'), Programmed: unknown('Progressing', 'p') };
  const stalled = byType(summarize({ ...base, verdicts }));
  assert.deepEqual(
    [stalled['Ready']?.reason, stalled['Stalled']?.status, stalled['Reconciling']],
    ['DomainConflict', 'True', undefined],
  );
});

test('an advisory never changes Ready', () => {
  const advisory = { status: 'True', reason: 'SecretShort', message: 's' } as const;
  const conditions = byType(summarize({ ...base, advisory, verdicts: { Accepted: good('a'), Programmed: good('p') } }));
  assert.equal(conditions['Advisory']?.reason, 'SecretShort');
  assert.equal(conditions['Ready']?.status, 'True');
});

test('the time of a transition moves only with the status', () => {
  const before = summarize({
    ...base,
    now: 0,
    verdicts: { Accepted: good('a'), Programmed: unknown('NoReplicas', 'n') },
  });
  const after = byType(
    summarize({ ...base, previous: before, verdicts: { Accepted: good('other words'), Programmed: good('p') } }),
  );
  assert.equal(after['Accepted']?.lastTransitionTime, '1970-01-01T00:00:00Z');
  assert.equal(after['Accepted']?.message, 'other words');
  assert.equal(after['Programmed']?.lastTransitionTime, '2026-06-01T10:20:30Z');
});
