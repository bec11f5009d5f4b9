import assert from 'node:assert/strict';
import { test } from 'node:test';
import { array, constantFrom, assert as holds, property, tuple } from 'fast-check';
import { type Turn, Turns } from '#operator/runtime/turns.ts';

function takeAll(turns: Turns): string[] {
  const taken: string[] = [];
  for (let key = turns.take(); key !== undefined; key = turns.take()) taken.push(key);
  return taken;
}

const bulk = (namespace: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${namespace}/${i}`);

test('an edit goes before what was begun, and that before a bulk', () => {
  const turns = new Turns();
  turns.add('bulk/a', 'later');
  turns.add('apps/begun', 'soon');
  turns.add('apps/edited', 'now');
  assert.deepEqual(takeAll(turns), ['apps/edited', 'apps/begun', 'bulk/a']);
});

test('a single new key does not wait behind a bulk of another namespace', () => {
  const turns = new Turns();
  for (const key of bulk('bulk', 1000)) turns.add(key, 'later');
  turns.add('apps/one', 'later');
  assert.ok(takeAll(turns).indexOf('apps/one') <= 1);
});

test('within a namespace the first come are the first served', () => {
  const turns = new Turns();
  const keys = bulk('apps', 200);
  for (const key of keys) turns.add(key, 'later');
  assert.deepEqual(takeAll(turns), keys);
});

test('a key that waits moves up and never down, and has one turn', () => {
  const turns = new Turns();
  for (const key of ['a/1', 'a/2', 'a/3']) turns.add(key, 'later');
  turns.add('a/3', 'now');
  turns.add('a/3', 'later');
  assert.equal(turns.size, 3);
  assert.deepEqual(takeAll(turns), ['a/3', 'a/1', 'a/2']);
});

test('who is urgent without end does not stop the rest', () => {
  const turns = new Turns();
  turns.add('bulk/a', 'later');
  let waited = 0;
  for (let key: string | undefined; key !== 'bulk/a'; waited += 1) {
    turns.add(`apps/${waited}`, 'now');
    key = turns.take();
  }
  assert.ok(waited <= 8, `${waited}`);
});

test('whatever is added and taken, every key that waits has exactly one turn', () => {
  const step = tuple(constantFrom('a/1', 'a/2', 'b/1', 'c', undefined), constantFrom<Turn>('now', 'soon', 'later'));
  holds(
    property(array(step, { maxLength: 100 }), steps => {
      const turns = new Turns();
      const waiting = new Set<string>();
      for (const [key, turn] of steps) {
        if (key === undefined) {
          const taken = turns.take();
          assert.equal(taken === undefined, waiting.size === 0);
          if (taken !== undefined) assert.ok(waiting.delete(taken));
        } else {
          turns.add(key, turn);
          waiting.add(key);
        }
        assert.equal(turns.size, waiting.size);
      }
      assert.deepEqual(new Set(takeAll(turns)), waiting);
    }),
  );
});
