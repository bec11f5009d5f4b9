import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from 'node:tls';
import { makeTenant } from '#test/idp/tenants/fixture.ts';
import { makeCertificate } from '#test/support/certificate.ts';
import { feed, startFront } from './front.ts';
import { shakeHands } from './handshake.ts';

test('each tenant shows its own certificate, whatever the case of the name', async () => {
  await using front = await startFront();
  for (const servername of ['acme.localhost', 'GLOBEX.localhost']) {
    const tenant = front.configuration.registry.current().byHost.get(servername.toLowerCase());
    const expected = new X509Certificate(tenant?.certificate?.cert ?? '').fingerprint256;
    assert.equal((await shakeHands(front.port, { servername })).fingerprint, expected);
  }
});

test('an unknown name and no name are refused, and counted apart', async () => {
  await using front = await startFront();
  await assert.rejects(shakeHands(front.port, { servername: 'stranger.localhost' }));
  await assert.rejects(shakeHands(front.port, { servername: '', minVersion: 'TLSv1.3' }));
  await assert.rejects(shakeHands(front.port, { servername: '', maxVersion: 'TLSv1.2' }));
  assert.deepEqual(
    front.refusals.map(one => one.refusal),
    ['unknown-name', 'no-name', 'no-name'],
  );
});

test('a suite that is not ours is counted as no-common-suite, with the name that was asked for', async () => {
  await using front = await startFront();
  await assert.rejects(shakeHands(front.port, { ciphers: 'ECDHE-RSA-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' }));
  assert.deepEqual(front.refusals, [{ refusal: 'no-common-suite', name: 'acme.localhost' }]);
});

test('somebody who never finishes the handshake is cut off', async () => {
  await using front = await startFront();
  const socket = connectTcp(front.port, '127.0.0.1');
  await once(socket, 'close');
  assert.deepEqual(
    front.refusals.map(one => one.refusal),
    ['timed-out'],
  );
});

test('plain HTTP on the TLS port is counted as not-tls', async () => {
  await using front = await startFront();
  const socket = connectTcp(front.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.end('GET / HTTP/1.1\r\nHost: acme.localhost\r\n\r\n');
  await once(socket.resume(), 'close');
  assert.deepEqual(
    front.refusals.map(one => one.refusal),
    ['not-tls'],
  );
});

test('a new certificate is shown without a failed handshake, and the suites stay what they were', async () => {
  await using front = await startFront();
  const done = new AbortController();
  const results: Promise<unknown>[] = [];
  const flood = (async () => {
    while (!done.signal.aborted) {
      results.push(shakeHands(front.port));
      await delay(5);
    }
  })();
  await delay(50);
  const renewed = await makeCertificate(['acme.localhost']);
  feed(front.configuration, [makeTenant('acme', { certificatePem: renewed })]);
  const { fingerprint } = await shakeHands(front.port);
  await delay(50);
  done.abort();
  await flood;
  await Promise.all(results);
  assert.equal(fingerprint, new X509Certificate(renewed.cert).fingerprint256);
  await assert.rejects(shakeHands(front.port, { ciphers: 'ECDHE-ECDSA-CHACHA20-POLY1305', maxVersion: 'TLSv1.2' }));
});

for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
  test(`a session of ${maxVersion} is never resumed, neither at its own tenant nor at another`, async () => {
    await using front = await startFront();
    const options = { port: front.port, host: '127.0.0.1', rejectUnauthorized: false, maxVersion };
    const first = connect({ ...options, servername: 'acme.localhost' });
    const tickets: Buffer[] = [];
    first.on('session', ticket => tickets.push(ticket));
    await once(first, 'secureConnect');
    await delay(50);
    const session = tickets[0] ?? first.getSession();
    first.destroy();
    for (const servername of ['acme.localhost', 'globex.localhost']) {
      const second = connect({ ...options, servername, ...(session && { session }) });
      await once(second, 'secureConnect');
      const isReused = second.isSessionReused();
      second.destroy();
      assert.equal(isReused, false, servername);
    }
  });
