import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '#crds/schema/kinds.ts';
import { type Change, ObjectStore } from '#operator/runtime/store.ts';

function object(name: string, resourceVersion: number, team = 'a'): KubeObject {
  const metadata = {
    namespace: 'n',
    name,
    uid: `uid-${name}`,
    resourceVersion: String(resourceVersion),
    labels: { team },
  };
  return { apiVersion: 'v1', kind: 'Thing', metadata };
}

function storeOf() {
  const changes: Change<KubeObject>[] = [];
  const store = new ObjectStore<KubeObject>({
    indexes: { team: it => [it.metadata.labels?.['team'] ?? ''] },
    onChange: change => void changes.push(change),
  });
  return { store, changes };
}

test('an older version never replaces a newer one, wherever it comes from', () => {
  const { store } = storeOf();
  store.replaced([object('a', 5)], '5');
  store.raise(object('a', 9));
  store.changed(object('a', 7));
  assert.equal(store.get('n/a')?.metadata.resourceVersion, '9');
});

test('the reply to our own write is news once: the watch that repeats it tells nothing', () => {
  const { store, changes } = storeOf();
  store.replaced([], '5');
  store.raise(object('a', 9));
  store.changed(object('a', 9));
  assert.deepEqual(
    changes.map(it => it.isOurs),
    [true],
  );
});

test('a late reply does not bring back what was deleted since', () => {
  const { store } = storeOf();
  store.replaced([], '5');
  store.changed(object('a', 9));
  store.deleted(object('a', 12));
  store.raise(object('a', 9));
  assert.equal(store.get('n/a'), undefined);
});

test('a deletion that is older than what we wrote since takes nothing away', () => {
  const { store } = storeOf();
  store.replaced([object('a', 5)], '5');
  store.raise(object('a', 20));
  store.deleted(object('a', 12));
  assert.equal(store.get('n/a')?.metadata.resourceVersion, '20');
});

test('a new list is the whole truth, except for what is newer than it', () => {
  const { store } = storeOf();
  store.replaced([object('a', 1), object('b', 2)], '5');
  store.raise(object('c', 30));
  store.replaced([object('b', 2)], '20');
  assert.deepEqual(
    store.list().map(it => it.metadata.name),
    ['b', 'c'],
  );
});

test('indexes follow every change', () => {
  const { store } = storeOf();
  store.replaced([object('a', 1, 'x'), object('b', 1, 'x')], '5');
  assert.equal(store.count('team', 'x'), 2);
  store.changed(object('a', 6, 'y'));
  assert.deepEqual(
    store.by('team', 'y').map(it => it.metadata.name),
    ['a'],
  );
  store.deleted(object('b', 7, 'x'));
  assert.equal(store.count('team', 'x'), 0);
  assert.throws(() => store.by('colour', 'x'), /no index/);
});

test('a type that the API server does not serve has no objects, and both ways are told once', async () => {
  const told: boolean[] = [];
  const store: ObjectStore<KubeObject> = new ObjectStore({ onServed: () => void told.push(store.isServed) });
  store.absent?.();
  await store.synced;
  store.absent?.();
  store.replaced([object('a', 5)], '5');
  store.replaced([object('a', 5)], '6');
  assert.equal(store.list().length, 1);
  store.absent?.();
  assert.equal(store.list().length, 0);
  assert.deepEqual(told, [false, true, false]);
});

test('only who asks to be told takes part: another store keeps what it has', () => {
  assert.equal(storeOf().store.absent, undefined);
});
