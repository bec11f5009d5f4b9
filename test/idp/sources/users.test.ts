import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verifyArgon2id } from '#idp/limits/argon2.ts';
import { createSources } from '#idp/sources/index.ts';
import { ALICE, BOB, makeTenant, PASSWORD } from '../oidc/fixture.ts';

function open(users = [ALICE, BOB]) {
  const asked: string[] = [];
  const hashing = {
    verify(phc: string, password: string) {
      asked.push(phc);
      return verifyArgon2id(phc, password);
    },
  };
  const sourcesOf = createSources({ hashing });
  const tenant = { ...makeTenant('acme', 443), users: new Map([['staff', { users }]]) };
  const [source] = sourcesOf(tenant);
  assert.ok(source);
  return { source, asked, tenant, sourcesOf };
}

const costOf = (phc: string) => phc.split('$')[3];

test('somebody with the right password is found, with what the file says', async () => {
  const { source } = open();
  assert.deepEqual(await source.checkPassword?.('alice', PASSWORD), {
    subject: 'staff:alice',
    source: 'staff',
    username: 'alice',
    name: 'Alice Example',
    givenName: 'Alice',
    familyName: 'Example',
    email: 'alice@acme.example',
    emailVerified: true,
    groups: ['staff', 'grafana-users'],
  });
});

test('a wrong password, another spelling and an unknown name are all nobody', async () => {
  const { source } = open();
  for (const [name, password] of [
    ['alice', 'wrong'],
    ['Alice', PASSWORD],
    ['eve', PASSWORD],
    ['', PASSWORD],
    ['__proto__', PASSWORD],
  ] as const)
    assert.equal(await source.checkPassword?.(name, password), undefined, name);
});

test('an unknown name costs one hash of the same cost as a known one', async () => {
  const { source, asked } = open();
  await source.checkPassword?.('alice', 'wrong');
  await source.checkPassword?.('nobody', 'wrong');
  assert.equal(asked.length, 2);
  assert.equal(costOf(asked[1] ?? ''), costOf(asked[0] ?? ''));
});

test('a source without anybody still takes its time', async () => {
  const { source, asked } = open([]);
  assert.equal(await source.checkPassword?.('nobody', 'wrong'), undefined);
  assert.equal(costOf(asked[0] ?? ''), 'm=19456,t=2,p=1');
});

test('a subject leads to the person as they are now, in their own source only', async () => {
  const { source } = open();
  assert.equal((await source.find('staff:bob'))?.username, 'bob');
  for (const subject of ['bob', 'other:bob', 'staff:eve', 'staff:', ''])
    assert.equal(await source.find(subject), undefined, subject);
});

test('the sources of one state are made once, those of another state anew', () => {
  const { tenant, sourcesOf } = open();
  assert.equal(sourcesOf(tenant), sourcesOf({ ...tenant, clients: new Map() }));
  assert.notEqual(sourcesOf(tenant), sourcesOf({ ...tenant, users: new Map(tenant.users) }));
});
