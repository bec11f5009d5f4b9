import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { writeClientHello } from '#crds/shared/pure/tls/client-hello.ts';
import { readServerReply } from '#crds/shared/pure/tls/server-reply.ts';
import { OLDER_SUITES, suiteName, TLS13_SUITES } from '#crds/shared/pure/tls/suite-names.ts';
import { TLS_VERSIONS } from '#crds/shared/pure/tls/versions.ts';
import { readClientHello } from '#idp/tls/client-hello.ts';

test('the reader of the IdP finds in every hello what the writer was told', () => {
  for (const version of Object.values(TLS_VERSIONS))
    for (const name of ['acme.example', undefined]) {
      const hello = writeClientHello({ version, suites: OLDER_SUITES, name, entropy: randomBytes(64) });
      // SSL 3.0 has no extensions, so no name.
      const told = version === TLS_VERSIONS['SSL 3.0'] ? undefined : name;
      assert.deepEqual(readClientHello(hello), { kind: 'hello', hello: { name: told, newest: version } });
    }
});

const record = (type: number, content: number[]): number[] => [
  type,
  3,
  3,
  content.length >> 8,
  content.length & 0xff,
  ...content,
];
const serverHello = (...extensions: number[]): number[] => {
  const rest = [3, 3, ...Array<number>(32).fill(7), 0, 0xc0, 0x2c, 0, 0, extensions.length, ...extensions];
  return [2, 0, 0, rest.length, ...rest];
};
const CHOSEN = { kind: 'hello', version: 0x0303, suite: 0xc02c };

test('a ServerHello is found behind warnings, across records, and with the version of its extension', () => {
  const hello = serverHello();
  const warning = record(21, [1, 112]);
  assert.deepEqual(readServerReply(Buffer.from([...warning, ...record(22, hello)])), CHOSEN);
  const pieces = [...record(22, hello.slice(0, 3)), ...record(22, hello.slice(3, 20)), ...record(22, hello.slice(20))];
  assert.deepEqual(readServerReply(Buffer.from(pieces)), CHOSEN);
  const thirteen = record(22, serverHello(0, 43, 0, 2, 3, 4));
  assert.deepEqual(readServerReply(Buffer.from(thirteen)), { ...CHOSEN, version: 0x0304 });
});

test('a fatal alert, close_notify, HTTP and anything else are told apart', () => {
  assert.deepEqual(readServerReply(Buffer.from(record(21, [2, 40]))), { kind: 'alert', description: 40 });
  assert.deepEqual(readServerReply(Buffer.from(record(21, [1, 0]))), { kind: 'alert', description: 0 });
  assert.deepEqual(readServerReply(Buffer.from('HTTP/1.1 400 Bad Request\r\n')), { kind: 'http' });
  assert.deepEqual(readServerReply(Buffer.from('220 mail.example ESMTP')), { kind: 'not-tls' });
  assert.equal(readServerReply(Buffer.from('HT')), undefined);
});

test('every beginning of a reply wants more, and no bytes whatever make the reader throw', () => {
  const whole = Buffer.from([...record(21, [1, 112]), ...record(22, serverHello(0, 43, 0, 2, 3, 4))]);
  for (let end = 0; end < whole.length; end += 1) assert.equal(readServerReply(whole.subarray(0, end)), undefined);
  const junk = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.uint8Array({ maxLength: 100 }).map(bytes => Uint8Array.from(record(22, [...bytes]))),
    fc.uint8Array({ maxLength: 100 }).map(bytes => Uint8Array.from(record(22, [2, 0, 0, bytes.length, ...bytes]))),
  );
  fc.assert(
    fc.property(junk, bytes => void readServerReply(Buffer.from(bytes))),
    { numRuns: 2_000 },
  );
});

test('each suite is offered once, and has a name or its bytes', () => {
  const all = [...OLDER_SUITES, ...TLS13_SUITES];
  assert.equal(new Set(all).size, all.length);
  assert.equal(suiteName(0xc02c), 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384');
  assert.equal(suiteName(0x002f), 'TLS_RSA_WITH_AES_128_CBC_SHA');
  assert.equal(suiteName(0x00ba), 'suite 0x00ba');
});
