import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientAddress, parseProxies, plainAddress, scrubHeaders } from '#idp/web/proxies.ts';

const trusted = parseProxies(['10.0.0.0/8', '192.0.2.7', 'fd00::/8']);

for (const [what, peer, forwardedFor, expected] of [
  ['a stranger is who they are, whatever they claim', '203.0.113.5', '1.2.3.4', '203.0.113.5'],
  ['behind one proxy the last address counts', '10.1.1.1', '6.6.6.6, 203.0.113.5', '203.0.113.5'],
  ['behind two proxies the inner one is stepped over', '10.1.1.1', '203.0.113.5, 192.0.2.7', '203.0.113.5'],
  ['a proxy that says nothing stands for itself', '10.1.1.1', undefined, '10.1.1.1'],
  ['words that are no address end the search', '10.1.1.1', '1.2.3.4, unknown', '10.1.1.1'],
  ['IPv6 too', 'fd00::1', '2001:db8::5', '2001:db8::5'],
] as const)
  test(what, () => {
    assert.equal(clientAddress(peer, forwardedFor, trusted), expected);
  });

test('an IPv4 peer of a dual-stack socket is found in the list', () => {
  assert.equal(trusted.has(plainAddress('::ffff:10.2.3.4')), true);
  assert.equal(trusted.has('11.2.3.4'), false);
});

test('an entry that is no CIDR is refused by name', () => {
  for (const entry of ['10.0.0.0/33', 'proxy.example', '10.0.0.0/x', '::1/129'])
    assert.throws(() => parseProxies([entry]), new RangeError(`not an address or CIDR: ${entry}`));
});

test('hearsay goes, the truth is written down, the rest stays', () => {
  const headers: Record<string, string> = {
    host: 'evil.example',
    accept: 'text/html',
    'x-forwarded-host': 'a',
    'x-forwarded-ssl': 'a',
    forwarded: 'a',
    'x-original-host': 'a',
    'x-http-method-override': 'DELETE',
  };
  scrubHeaders(headers, { authority: 'acme.localhost:8443', ip: '203.0.113.5', id: 'r1' });
  assert.deepEqual(headers, {
    host: 'acme.localhost:8443',
    accept: 'text/html',
    'x-forwarded-proto': 'https',
    'x-forwarded-for': '203.0.113.5',
    'x-request-id': 'r1',
  });
});
