import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { createServer } from 'node:tls';
import { promisify } from 'node:util';
import { suitesOf } from '#crds/shared/pure/cipher-suites.ts';
import { makeCertificate } from '#test/support/certificate.ts';
import { type Front, startFront } from './front.ts';
import { clientHello, sayHello, shakeHands } from './handshake.ts';
import { deviations, TLS12, TLS13 } from './matrix.ts';

const run = promisify(execFile);

describe('the Strict profile', () => {
  let front: Front;
  before(async () => {
    front = await startFront();
  });
  after(() => front[Symbol.asyncDispose]());

  for (const suite of TLS12)
    test(`${suite} alone is accepted under TLS 1.2`, async () => {
      const greeting = await shakeHands(front.port, { ciphers: suite, maxVersion: 'TLSv1.2' });
      const expected = suitesOf('Strict', '1.2').find(one => one.openssl === suite)?.iana;
      assert.deepEqual([greeting.version, greeting.suite], ['TLSv1.2', expected]);
    });

  for (const suite of TLS13)
    test(`${suite} alone is accepted under TLS 1.3`, async () => {
      const greeting = await shakeHands(front.port, { ciphers: suite, minVersion: 'TLSv1.3' });
      assert.deepEqual([greeting.version, greeting.suite], ['TLSv1.3', suite]);
    });

  test('the server picks by its own order when the client lists the suites in reverse', async () => {
    for (const [list, versions] of [
      [TLS12, { maxVersion: 'TLSv1.2' }],
      [TLS13, { minVersion: 'TLSv1.3' }],
    ] as const) {
      const picked: string[] = [];
      for (let from = 0; from < list.length; from += 1) {
        const ciphers = list.slice(from).reverse().join(':');
        picked.push((await shakeHands(front.port, { ciphers, ...versions })).suite);
      }
      const version = list === TLS12 ? '1.2' : '1.3';
      assert.deepEqual(
        picked,
        suitesOf('Strict', version).map(suite => suite.iana),
      );
    }
  });

  test('every other suite and every older protocol is refused', async () => {
    assert.deepEqual(await deviations(front.port), []);
    await assert.rejects(shakeHands(front.port, { ciphers: 'TLS_AES_128_CCM_SHA256', minVersion: 'TLSv1.3' }));
  });

  test('an older protocol gets the alert protocol_version (70) and is counted', async () => {
    const before = front.refusals.filter(one => one.refusal === 'too-old').length;
    assert.deepEqual(await sayHello(front.port, clientHello(0x0302, [0xc009])), { alert: 70 });
    assert.equal(front.refusals.filter(one => one.refusal === 'too-old').length, before + 1);
  });

  test('the raw hello itself is sound: an allowed suite is answered', async () => {
    assert.deepEqual(await sayHello(front.port, clientHello(0x0303, [0xc02c])), { serverHello: 0x0303 });
  });

  const NO_SSLSCAN = !existsSync('/usr/bin/sslscan') && 'sslscan is missing: apt-get install sslscan';
  test('sslscan sees exactly the seven suites, in order', { skip: NO_SSLSCAN }, async () => {
    const args = ['--no-colour', '--sni-name=acme.localhost', `127.0.0.1:${front.port}`];
    const { stdout } = await run('/usr/bin/sslscan', args);
    const seen = [...stdout.matchAll(/^(?:Preferred|Accepted)\s+(TLSv1\.\d)\s+\d+ bits\s+(\S+)/gm)];
    assert.deepEqual(
      seen.map(match => match[2]),
      [...TLS13, ...TLS12],
    );
    for (const old of ['SSLv2', 'SSLv3', 'TLSv1.0', 'TLSv1.1']) assert.match(stdout, new RegExp(`${old}\\s+disabled`));
  });

  const NO_NMAP = !existsSync('/usr/bin/nmap') && 'nmap is missing: apt-get install nmap';
  test('nmap sees the same suites and the preference of the server', { skip: NO_NMAP }, async () => {
    const script = ['--script', 'ssl-enum-ciphers', '--script-args', 'tls.servername=acme.localhost'];
    const { stdout } = await run('/usr/bin/nmap', [...script, '-p', String(front.port), '127.0.0.1']);
    const seen = [...stdout.matchAll(/^\|\s+(TLS_\w+)/gm)].map(match => match[1]);
    assert.deepEqual(
      seen.filter(name => name?.startsWith('TLS_ECDHE')),
      suitesOf('Strict', '1.2').map(suite => suite.iana),
    );
    assert.equal(seen.length, 7);
    assert.doesNotMatch(stdout, /cipher preference: client/);
  });
});

test('the same matrix finds fault with a weak server', async t => {
  const certificate = await makeCertificate(['acme.localhost']);
  const weak = createServer({ ...certificate, ciphers: 'ALL:@SECLEVEL=0', minVersion: 'TLSv1' });
  weak.on('tlsClientError', () => undefined).listen(0, '127.0.0.1');
  await once(weak, 'listening');
  t.after(() => weak.close());
  const found = await deviations((weak.address() as AddressInfo).port);
  for (const fault of ['TLS 1.0', 'TLS 1.1', 'c009', 'cca9'])
    assert.ok(found.includes(fault), `${fault} in ${found.join()}`);
});
