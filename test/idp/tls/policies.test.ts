import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { connect } from 'node:tls';
import { promisify } from 'node:util';
import { suitesOf } from '#crds/shared/pure/cipher-suites.ts';
import { PolicyServers, type TlsPolicy } from '#idp/tls/policy-servers.ts';
import { makeRsaCertificate } from '#test/support/certificate.ts';
import { type Front, startFront } from './front.ts';
import { shakeHands } from './handshake.ts';

const run = promisify(execFile);

/** Who asks for what, on one port. */
const TENANTS: Record<string, TlsPolicy & { key: 'ECDSA' | 'RSA' }> = {
  acme: { profile: 'Strict', minVersion: '1.2', key: 'ECDSA' },
  globex: { profile: 'Strict', minVersion: '1.3', key: 'ECDSA' },
  initech: { profile: 'BestPractices', minVersion: '1.2', key: 'ECDSA' },
  umbrella: { profile: 'BestPractices', minVersion: '1.2', key: 'RSA' },
  hooli: { profile: 'BestPractices', minVersion: '1.3', key: 'RSA' },
};

const RSA = makeRsaCertificate(['umbrella.localhost', 'hooli.localhost']);

/** What a scanner has to see, in order: a certificate of one kind leaves the twins of the other kind unused. */
function visible({ profile, minVersion, key }: TlsPolicy & { key: string }): { iana: string; openssl: string }[] {
  const twelve = suitesOf(profile, '1.2').filter(suite => suite.iana.includes(`_${key}_`));
  return [...suitesOf(profile, '1.3'), ...(minVersion === '1.2' ? twelve : [])];
}

describe('five tenants with four policies on one port', () => {
  let front: Front;
  before(async () => {
    front = await startFront();
    for (const [name, { key, ...tls }] of Object.entries(TENANTS))
      await front.tenant(name, { tls, ...(key === 'RSA' && { certificatePem: RSA }) });
  });
  after(() => front[Symbol.asyncDispose]());

  test('a client of TLS 1.2 is served where it may be, and is too old where TLS 1.3 is asked for', async () => {
    for (const [name, { minVersion }] of Object.entries(TENANTS)) {
      const servername = `${name}.localhost`;
      assert.equal((await shakeHands(front.port, { servername })).version, 'TLSv1.3');
      const old = shakeHands(front.port, { servername, maxVersion: 'TLSv1.2' });
      if (minVersion === '1.2') assert.equal((await old).version, 'TLSv1.2');
      else {
        await assert.rejects(old, { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
        assert.deepEqual(front.refusals.at(-1), { refusal: 'too-old', name: servername });
      }
    }
  });

  test('CHACHA20 under TLS 1.2 is agreed on under BestPractices only, on the same port at the same time', async () => {
    const ask = (name: string) =>
      shakeHands(front.port, {
        servername: `${name}.localhost`,
        ciphers: 'ECDHE-ECDSA-CHACHA20-POLY1305',
        maxVersion: 'TLSv1.2',
      });
    const answers = await Promise.allSettled(['initech', 'acme', 'initech', 'acme'].map(ask));
    assert.deepEqual(
      answers.map(answer => answer.status),
      ['fulfilled', 'rejected', 'fulfilled', 'rejected'],
    );
  });

  for (const [name, wish] of Object.entries(TENANTS)) {
    const title = `${name}: ${wish.profile}, TLS ${wish.minVersion} or newer, ${wish.key}`;

    const NO_SSLSCAN = !existsSync('/usr/bin/sslscan') && 'sslscan is missing: apt-get install sslscan';
    test(`sslscan sees exactly the suites of ${title}, in order`, { skip: NO_SSLSCAN }, async () => {
      const args = ['--no-colour', `--sni-name=${name}.localhost`, `127.0.0.1:${front.port}`];
      const { stdout } = await run('/usr/bin/sslscan', args);
      const seen = [...stdout.matchAll(/^(?:Preferred|Accepted)\s+TLSv1\.\d\s+\d+ bits\s+(\S+)/gm)];
      assert.deepEqual(
        seen.map(match => match[1]),
        visible(wish).map(suite => suite.openssl),
      );
      const off = ['SSLv2', 'SSLv3', 'TLSv1.0', 'TLSv1.1', ...(wish.minVersion === '1.3' ? ['TLSv1.2'] : [])];
      for (const old of off) assert.match(stdout, new RegExp(`${old}\\s+disabled`));
    });

    const NO_NMAP = !existsSync('/usr/bin/nmap') && 'nmap is missing: apt-get install nmap';
    test(`nmap sees the same of ${title}`, { skip: NO_NMAP }, async () => {
      const script = ['--script', 'ssl-enum-ciphers', '--script-args', `tls.servername=${name}.localhost`];
      const { stdout } = await run('/usr/bin/nmap', [...script, '-p', String(front.port), '127.0.0.1']);
      const seen = [...stdout.matchAll(/^\|\s+(TLS_\w+)/gm)].map(match => match[1] ?? '');
      assert.deepEqual(
        seen.filter(suite => suite.startsWith('TLS_ECDHE')),
        visible(wish)
          .map(suite => suite.iana)
          .filter(suite => suite.startsWith('TLS_ECDHE')),
      );
      assert.equal(seen.length, visible(wish).length);
      assert.doesNotMatch(stdout, /cipher preference: client/);
    });
  }
});

test('a changed policy counts from the next handshake on, and open connections stay', async () => {
  await using front = await startFront((_req, res) => res.end('still here'));
  const old = { maxVersion: 'TLSv1.2' } as const;
  const open = connect({ port: front.port, servername: 'acme.localhost', rejectUnauthorized: false, ...old });
  await once(open, 'secureConnect');
  await front.tenant('acme', { tls: { profile: 'Strict', minVersion: '1.3' } });
  await assert.rejects(shakeHands(front.port, old), { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
  await shakeHands(front.port, { ...old, servername: 'globex.localhost' });
  open.write('GET / HTTP/1.1\r\nHost: acme.localhost\r\nConnection: close\r\n\r\n');
  assert.match(String((await once(open, 'data'))[0]), /still here/);
  await front.tenant('acme', { tls: { profile: 'BestPractices', minVersion: '1.2' } });
  const { suite } = await shakeHands(front.port, { ...old, ciphers: 'ECDHE-ECDSA-CHACHA20-POLY1305' });
  assert.equal(suite, 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256');
});

test('the server of one policy serves no tenant of another and no older version, whoever sent it there', async t => {
  await using front = await startFront();
  await front.tenant('globex', { tls: { profile: 'Strict', minVersion: '1.3' } });
  const policies = new PolicyServers({
    registry: front.configuration.registry,
    handshakeTimeoutMs: 500,
    contexts: undefined,
    onSecure: () => undefined,
    onFailed: (_error, socket) => void socket.destroy(),
  });
  const open = async (minVersion: TlsPolicy['minVersion']): Promise<number> => {
    const server = createTcpServer(socket => {
      policies.serverOf({ profile: 'Strict', minVersion }).emit('connection', socket);
    }).listen(0, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const [twelve, thirteen] = [await open('1.2'), await open('1.3')];
  await shakeHands(twelve, { servername: 'acme.localhost', maxVersion: 'TLSv1.2' });
  await assert.rejects(shakeHands(twelve, { servername: 'globex.localhost' }));
  await shakeHands(thirteen, { servername: 'globex.localhost' });
  await assert.rejects(shakeHands(thirteen, { servername: 'globex.localhost', maxVersion: 'TLSv1.2' }));
  await assert.rejects(shakeHands(thirteen, { servername: 'acme.localhost' }));
});
