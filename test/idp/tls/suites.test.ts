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

const TLS13 = ['TLS_AES_256_GCM_SHA384', 'TLS_AES_128_GCM_SHA256', 'TLS_CHACHA20_POLY1305_SHA256'];
const TLS12 = [
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-SHA384',
  'ECDHE-ECDSA-AES128-SHA256',
];
/** Suites that people have to turn off somewhere: c009 c00a cca9 c02f c030 c028 9d 9c 2f 0a ccaa. */
const REFUSED12 = [0xc009, 0xc00a, 0xcca9, 0xc02f, 0xc030, 0xc028, 0x9d, 0x9c, 0x2f, 0x0a, 0xccaa];
const VERSIONS = { 'SSL 3.0': 0x0300, 'TLS 1.0': 0x0301, 'TLS 1.1': 0x0302 };
const run = promisify(execFile);

/** What the matrix finds at a server: the names of everything that it should not do. */
async function deviations(port: number): Promise<string[]> {
  const found: string[] = [];
  for (const [name, version] of Object.entries(VERSIONS)) {
    const answer = await sayHello(port, clientHello(version, [0xc02c, 0xc00a, 0xc009, 0x2f]));
    if (answer !== 'closed' && 'serverHello' in answer) found.push(name);
  }
  for (const code of REFUSED12) {
    const answer = await sayHello(port, clientHello(0x0303, [code]));
    if (answer !== 'closed' && 'serverHello' in answer) found.push(code.toString(16));
  }
  return found;
}

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
