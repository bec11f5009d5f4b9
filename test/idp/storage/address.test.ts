import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseStoreAddress, StoreAddressInvalid } from '#idp/storage/address.ts';

/** What an administrator may write as the address of a store. */

const SINGLE = { kind: 'redis', topology: 'single', tls: false, user: undefined, master: undefined, db: 0 };

test('every form is understood', () => {
  const cases: Record<string, object> = {
    memory: { kind: 'memory' },
    'sqlite:/var/lib/sso/store.sqlite': { kind: 'sqlite', path: '/var/lib/sso/store.sqlite' },
    'redis://valkey': { ...SINGLE, nodes: [{ host: 'valkey', port: 6379 }] },
    'rediss://idp@valkey.data.svc:6380/3': {
      ...SINGLE,
      tls: true,
      user: 'idp',
      nodes: [{ host: 'valkey.data.svc', port: 6380 }],
      db: 3,
    },
    'redis://[fd00::1]:7000/': { ...SINGLE, nodes: [{ host: 'fd00::1', port: 7000 }] },
    'redis+sentinel://a:26379,b/main/2': {
      ...SINGLE,
      topology: 'sentinel',
      nodes: [
        { host: 'a', port: 26_379 },
        { host: 'b', port: 26_379 },
      ],
      master: 'main',
      db: 2,
    },
    'rediss+cluster://a:1,b:2': {
      ...SINGLE,
      topology: 'cluster',
      tls: true,
      nodes: [
        { host: 'a', port: 1 },
        { host: 'b', port: 2 },
      ],
    },
  };
  for (const [text, parsed] of Object.entries(cases)) assert.deepEqual(parseStoreAddress(text), parsed, text);
});

test('what is wrong is said in words, and the address is not repeated', () => {
  const cases: Record<string, RegExp> = {
    'redis://:hunter2@valkey': /password does not belong in an address/,
    'redis://idp:hunter2@valkey': /password does not belong/,
    'postgres://hunter2': /it is one of memory, sqlite/,
    'sqlite:': /it is one of/,
    'redis://': /it is one of/,
    'redis://hunter2:99999': /a port is 1 to 65535/,
    'redis://hun ter2': /a server is host or host:port/,
    'redis://hunter2,b': /several servers are/,
    'redis://hunter2/x': /a database is a number/,
    'redis://hunter2/1/2': /stands \/<db>/,
    'redis+sentinel://hunter2': /stand.*<master>/,
    'redis+cluster://hunter2/1': /no databases/,
  };
  for (const [text, words] of Object.entries(cases))
    assert.throws(
      () => parseStoreAddress(text),
      error => error instanceof StoreAddressInvalid && words.test(error.message) && !error.message.includes('hunter2'),
      text,
    );
});
