import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assert as check, integer, property, record, uint8Array } from 'fast-check';
import { formatPhc, parsePhc } from '#crds/shared/pure/phc.ts';

/** From the test vectors of the reference implementation (P-H-C/phc-winner-argon2, src/test.c): password, somesalt. */
const REFERENCE = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';

test('a string of the reference implementation is read', () => {
  const hash = parsePhc(REFERENCE);
  assert.deepEqual([hash?.memory, hash?.passes, hash?.parallelism], [65_536, 2, 1]);
  assert.equal(Buffer.from(hash?.salt ?? []).toString(), 'somesalt');
  assert.equal(hash?.tag.length, 32);
});

test('what is written can be read, and is the same', () => {
  const fields = {
    memory: integer({ min: 128, max: 262_144 }),
    passes: integer({ min: 1, max: 16 }),
    parallelism: integer({ min: 1, max: 16 }),
    salt: uint8Array({ minLength: 8, maxLength: 64 }),
    tag: uint8Array({ minLength: 16, maxLength: 64 }),
  };
  const hash = record(fields, { noNullPrototype: true });
  check(
    property(hash, made => {
      const text = formatPhc(made);
      assert.deepEqual(parsePhc(text), made);
      assert.equal(formatPhc(parsePhc(text) ?? made), text);
    }),
  );
});

test('another algorithm or version, a cost that is no cost, and a cost beyond reason are refused', () => {
  const wrong = [
    REFERENCE.replace('argon2id', 'argon2i'),
    REFERENCE.replace('v=19', 'v=16'),
    REFERENCE.replace('m=65536', 'm=7'),
    REFERENCE.replace('m=65536', 'm=262145'),
    REFERENCE.replace('t=2', 't=0'),
    REFERENCE.replace('t=2', 't=17'),
    REFERENCE.replace('p=1', 'p=0'),
    REFERENCE.replace('c29tZXNhbHQ', 'c2FsdA'),
    REFERENCE.replace(/[^$]+$/, 'c2hvcnQ'),
    `${REFERENCE}$more`,
    `${REFERENCE}\n`,
    '',
    '$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW',
  ];
  for (const text of wrong) assert.equal(parsePhc(text), undefined, text);
});
