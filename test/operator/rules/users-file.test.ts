import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeUsersFile } from '#operator/rules/users-file.ts';

const HASH = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$3n9BBKDLpnOTnCBuXsCEvQHn0vJv0BuZpYYJtFV0lzQ';
const user = (more = '') => `- username: ada\n  password: ${HASH}\n${more}`;

function problemOf(text: string): string {
  const judged = judgeUsersFile(text);
  assert.ok('problem' in judged, 'it was accepted');
  return judged.problem.message;
}

test('a good list is read', () => {
  const judged = judgeUsersFile(`users:\n${user('  groups: [staff]\n')}`);
  assert.ok('users' in judged);
  assert.deepEqual(judged.users.users[0]?.groups, ['staff']);
});

test('every fault is named by its line and field, and what stands there is never repeated', () => {
  const faults: [string, RegExp][] = [
    [`users:\n${user()}- username: grace\n  password: hunter2\n`, /line 5 : \.users\[1\]\.password has a wrong form/],
    [`users:\n${user('  pasword: hunter2\n')}`, /line 2 : \.users\[0\] has a field that does not exist/],
    [`users:\n${user()}${user()}`, /line 4 names a username that is there already/],
    ['users: hunter2\n', /line 1 : \.users is missing or of a wrong type/],
    ['users:\n- {username: a, password: "hunter2\n', /line \d+ is no YAML/],
    ['hunter2', /line 1 : \. is missing or of a wrong type/],
    ['a: &a [hunter2]\nusers: [*a, *a]\n', /line 1 : \. is missing/],
  ];
  for (const [text, words] of faults) {
    const message = problemOf(text);
    assert.match(message, words);
    assert.ok(!/hunter2|pasword/.test(message), message);
  }
});
