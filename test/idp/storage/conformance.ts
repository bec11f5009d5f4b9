import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Store } from '#idp/storage/store.ts';

/**
 * The promises of Store, as every implementation must keep them. `here` and `there` are two ends of one store (two
 * connections where there are such things, else the same object twice).
 */

export interface Bench {
  here: Store;
  there: Store;
  /** Lets time pass for both ends. */
  pass: (seconds: number) => void | Promise<void>;
  close(): Promise<void>;
}

const HOUR = { ttl: 3600 };

export function conforms(name: string, open: () => Promise<Bench>): void {
  const check: Check = (sentence, run) =>
    void test(`${name}: ${sentence}`, async () => {
      const bench = await open();
      try {
        await run(bench);
      } finally {
        await bench.close();
      }
    });

  check('what one end writes the other reads, and versions count the writes', async ({ here, there }) => {
    assert.equal(await here.write('t/A/1', { a: [1, { b: null }] }, HOUR), 'written');
    assert.deepEqual(await there.read('t/A/1'), { value: { a: [1, { b: null }] }, version: 1 });
    assert.equal(await there.write('t/A/1', { a: 2 }, HOUR), 'written');
    assert.deepEqual(await here.read('t/A/1'), { value: { a: 2 }, version: 2 });
    assert.equal(await here.read('t/A/2'), undefined);
  });

  check('nobody shares an object with the store', async ({ here }) => {
    const value = { list: ['a'] };
    await here.write('t/A/1', value, HOUR);
    value.list.push('b');
    const read = await here.read('t/A/1');
    assert.deepEqual(read?.value, { list: ['a'] });
    assert.ok(Array.isArray(read?.value['list']));
    read.value['list'].push('c');
    assert.deepEqual((await here.read('t/A/1'))?.value, { list: ['a'] });
  });

  check('a write over another version than the one that lies there is a conflict', async ({ here, there }) => {
    assert.equal(await here.write('t/k', { n: 1 }, { ...HOUR, ifVersion: 0 }), 'written');
    assert.equal(await there.write('t/k', { n: 2 }, { ...HOUR, ifVersion: 0 }), 'conflict');
    assert.equal(await there.write('t/k', { n: 2 }, { ...HOUR, ifVersion: 1 }), 'written');
    assert.equal(await here.write('t/k', { n: 3 }, { ...HOUR, ifVersion: 1 }), 'conflict');
    assert.deepEqual((await here.read('t/k'))?.value, { n: 2 });
  });

  check('of fifty writers that read the same version exactly one is written', async ({ here, there }) => {
    await here.write('t/k', { n: 0 }, HOUR);
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, n) => (n % 2 ? here : there).write('t/k', { n }, { ...HOUR, ifVersion: 1 })),
    );
    assert.equal(results.filter(result => result === 'written').length, 1);
  });

  check('a tombstone blocks a write, also a first one', async ({ here, there }) => {
    await here.write('t/gone', {}, { ttl: 60 });
    assert.equal(await there.write('t/k', {}, { ...HOUR, unless: 't/gone' }), 'blocked');
    assert.equal(await there.read('t/k'), undefined);
    assert.equal(await there.write('t/k', {}, { ...HOUR, unless: 't/other' }), 'written');
  });

  check('a tombstone that has expired blocks nothing', async ({ here, pass }) => {
    await here.write('t/gone', {}, { ttl: 60 });
    await pass(61);
    assert.equal(await here.write('t/k', {}, { ...HOUR, unless: 't/gone' }), 'written');
  });

  check('of a hundred callers exactly one consumes', async ({ here, there }) => {
    await here.write('t/k', { code: 1 }, HOUR);
    const results = await Promise.all(Array.from({ length: 100 }, (_, n) => (n % 2 ? here : there).consume('t/k', 77)));
    assert.equal(results.filter(result => result === 'consumed').length, 1);
    assert.equal(results.filter(result => result === 'already').length, 99);
    assert.equal((await here.read('t/k'))?.consumedAt, 77);
  });

  check('what is missing cannot be consumed, nor what was removed or has expired', async ({ here, there, pass }) => {
    assert.equal(await here.consume('t/k', 1), 'missing');
    await here.write('t/k', {}, HOUR);
    await there.remove('t/k');
    assert.equal(await here.consume('t/k', 1), 'missing');
    await here.write('t/k', {}, { ttl: 10 });
    await pass(11);
    assert.equal(await here.consume('t/k', 1), 'missing');
  });

  check('writing a consumed record again does not make it new', async ({ here }) => {
    await here.write('t/k', {}, HOUR);
    await here.consume('t/k', 5);
    await here.write('t/k', { again: true }, HOUR);
    assert.equal(await here.consume('t/k', 6), 'already');
  });

  check('consuming is a change: a write that read the record before is a conflict', async ({ here }) => {
    await here.write('t/k', {}, HOUR);
    await here.consume('t/k', 5);
    assert.equal(await here.write('t/k', {}, { ...HOUR, ifVersion: 1 }), 'conflict');
  });

  check('a record is gone when its time is over, also by its alias', async ({ here, there, pass }) => {
    await here.write('t/k', {}, { ttl: 100, alias: 't/a' });
    await pass(80);
    assert.notEqual(await there.read('t/k'), undefined);
    assert.notEqual(await there.readByAlias('t/a'), undefined);
    await pass(21);
    assert.equal(await there.read('t/k'), undefined);
    assert.equal(await there.readByAlias('t/a'), undefined);
    assert.equal(await there.write('t/k', {}, { ...HOUR, ifVersion: 0 }), 'written');
    assert.equal((await here.read('t/k'))?.version, 1);
  });

  namesAndGroups(check);
}

type Check = (sentence: string, run: (bench: Bench) => Promise<void>) => void;

function namesAndGroups(check: Check): void {
  check('an alias leads to its last writer, and dies with it only', async ({ here, there }) => {
    await here.write('t/old', { n: 1 }, { ...HOUR, alias: 't/a' });
    await there.write('t/new', { n: 2 }, { ...HOUR, alias: 't/a' });
    assert.deepEqual((await here.readByAlias('t/a'))?.value, { n: 2 });
    await here.remove('t/old');
    assert.deepEqual((await there.readByAlias('t/a'))?.value, { n: 2 });
    await here.remove('t/new');
    assert.equal(await there.readByAlias('t/a'), undefined);
  });

  check('a group is removed together, and nothing else', async ({ here, there }) => {
    await here.write('t/k1', {}, { ...HOUR, group: 't/g' });
    await there.write('t/k2', {}, { ...HOUR, group: 't/g', alias: 't/a' });
    await here.write('t/k3', {}, { ...HOUR, group: 't/h' });
    await here.write('t/k4', {}, HOUR);
    await there.removeGroup('t/g');
    assert.deepEqual(await Promise.all(['t/k1', 't/k2'].map(key => here.read(key))), [undefined, undefined]);
    assert.equal(await here.readByAlias('t/a'), undefined);
    assert.ok((await here.read('t/k3')) && (await here.read('t/k4')));
  });

  check('a record that is written anew leaves the alias and the group that it had', async ({ here, there }) => {
    await here.write('t/k', { n: 1 }, { ...HOUR, alias: 't/a', group: 't/g' });
    await there.write('t/k', { n: 2 }, { ...HOUR, group: 't/h' });
    assert.equal(await here.readByAlias('t/a'), undefined);
    await here.removeGroup('t/g');
    assert.deepEqual((await there.read('t/k'))?.value, { n: 2 });
    await here.removeGroup('t/h');
    assert.equal(await there.read('t/k'), undefined);
  });

  check('a record that expired and is written anew is of its new group only', async ({ here, pass }) => {
    await here.write('t/other', {}, { ...HOUR, group: 't/g' });
    await here.write('t/k', {}, { ttl: 100, group: 't/g' });
    await pass(101);
    await here.write('t/k', {}, HOUR);
    await here.removeGroup('t/g');
    assert.equal(await here.read('t/other'), undefined);
    assert.notEqual(await here.read('t/k'), undefined);
  });
}
