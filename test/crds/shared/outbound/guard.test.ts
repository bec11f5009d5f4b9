import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGuard } from '#crds/shared/outbound/guard.ts';

const SPECIAL = [
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '127.0.0.1',
  '127.255.255.254',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.8',
  '192.0.2.1',
  '192.168.1.1',
  '198.18.0.1',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::7f00:1',
  '::ffff:127.0.0.1',
  '::ffff:a9fe:a9fe',
  '::ffff:0:127.0.0.1',
  '64:ff9b::127.0.0.1',
  '64:ff9b::a00:1',
  '64:ff9b:1::1',
  '100::1',
  '2001:db8::1',
  '2001:0:7f00:1::',
  '2002:7f00:1::',
  'fc00::1',
  'fd12:3456::1',
  'fe80::1',
  'fe80::1%eth0',
  'fec0::1',
  'ff02::1',
  '3fff::1',
  '5f00::1',
]; // prettier-ignore
const PUBLIC = [
  '1.1.1.1',
  '8.8.8.8',
  '172.32.0.1',
  '100.128.0.1',
  '192.0.1.1',
  '2606:4700::1111',
  '2a00:1450::1',
  '::ffff:8.8.8.8',
  '64:ff9b::8.8.8.8',
];

test('special-use addresses are refused in any clothes, public ones are not', () => {
  const guard = createGuard({ cidrs: [], hostSuffixes: [] });
  const admitted = (address: string): boolean => guard.admits('host.example', address);
  assert.deepEqual(SPECIAL.filter(admitted), []);
  assert.deepEqual(PUBLIC.filter(admitted), PUBLIC);
  assert.equal(admitted('host.example'), false, 'a name is no address');
});

test('a network that the operator allows is open, and nothing beside it', () => {
  const guard = createGuard({ cidrs: ['10.20.0.0/16', 'fd00:1::/32', '127.0.0.1'], hostSuffixes: [] });
  const admitted = (address: string): boolean => guard.admits('any.example', address);
  for (const address of ['10.20.255.1', '::ffff:10.20.0.1', 'fd00:1::5', '127.0.0.1'])
    assert.ok(admitted(address), address);
  for (const address of ['10.21.0.1', 'fd00:2::5', '127.0.0.2', '::1']) assert.ok(!admitted(address), address);
});

test('a host suffix opens private networks and loopback, whole labels only, and never link-local', () => {
  const guard = createGuard({ cidrs: [], hostSuffixes: ['.svc.cluster.local', 'Directory.Example'] });
  for (const host of ['ldap.corp.svc.cluster.local', 'svc.cluster.local.', 'directory.example', 'a.DIRECTORY.example'])
    for (const address of ['10.96.0.10', '192.168.0.1', '127.0.0.1', 'fd00::1', '::1'])
      assert.ok(guard.admits(host, address), `${host} ${address}`);
  for (const host of ['evilsvc.cluster.local', 'svc.cluster.local.evil.example', '10.96.0.10'])
    assert.ok(!guard.admits(host, '10.96.0.10'), host);
  for (const address of ['169.254.169.254', 'fe80::1', '224.0.0.1', '0.0.0.0'])
    assert.ok(!guard.admits('directory.example', address), address);
});

test('what is no network is refused when the settings are read', () => {
  for (const cidr of ['10.0.0.0/33', '10.0.0.0/', 'ten', '10.0.0.0/8/8', '10.0.0/8', '::/129', '1.2.3.4/-1'])
    assert.throws(() => createGuard({ cidrs: [cidr], hostSuffixes: [] }), TypeError, cidr);
});
