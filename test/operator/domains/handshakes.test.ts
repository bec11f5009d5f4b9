import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { sayHello } from '#crds/shared/outbound/say-hello.ts';
import { suitesOf } from '#crds/shared/pure/cipher-suites.ts';
import { judgeHandshakes, type Policy } from '#operator/domains/handshake-policy.ts';
import { type HandshakeFacts, probeHandshakes } from '#operator/domains/handshake-probe.ts';
import { haproxyIngress } from '#operator/render/drivers/haproxy-ingress.ts';
import { type Front, startFront } from '#test/idp/tls/front.ts';
import { makeCertificate, makeRsaCertificate } from '#test/support/certificate.ts';
import { type HaProxy, NO_HAPROXY, startHaProxy } from '#test/support/haproxy.ts';
import { listening } from '#test/support/listening.ts';
import { NO_OPENSSL, startOpensslServer } from '#test/support/openssl-server.ts';

const run = promisify(execFile);
const HOST = 'acme.localhost';
const STRICT: Policy = { profile: 'Strict', minVersion: '1.2', key: 'ECDSA' };

function probe(port: number, name = HOST): Promise<HandshakeFacts> {
  const say = (hello: Buffer) => sayHello({ address: '127.0.0.1', port }, hello, 5_000);
  return probeHandshakes({ say, entropy: randomBytes }, name);
}

const codes = (facts: HandshakeFacts, policy = STRICT): string[] => judgeHandshakes(facts, policy).map(one => one.code);

/** The codes that an independent scanner of the same server saw, newest version first, in its order. */
async function sslscan(port: number): Promise<number[]> {
  const args = ['--no-colour', '--show-cipher-ids', `--sni-name=${HOST}`, `127.0.0.1:${port}`];
  const { stdout } = await run('/usr/bin/sslscan', args);
  const seen = stdout.matchAll(/^(?:Preferred|Accepted)\s+TLSv1\.[23]\s+\d+ bits\s+(0x[0-9A-F]{4})/gm);
  return [...seen].map(match => Number(match[1]));
}

const NO_SSLSCAN = !existsSync('/usr/bin/sslscan') && 'sslscan is missing: apt-get install sslscan';

describe('the handshake probe against TLS that ends in the IdP', () => {
  const TENANTS: Record<string, Policy> = {
    acme: STRICT,
    globex: { profile: 'Strict', minVersion: '1.3', key: 'ECDSA' },
    initech: { profile: 'BestPractices', minVersion: '1.2', key: 'ECDSA' },
    umbrella: { profile: 'BestPractices', minVersion: '1.2', key: 'RSA' },
  };
  let front: Front;
  before(async () => {
    front = await startFront();
    const certificatePem = makeRsaCertificate(['umbrella.localhost']);
    for (const [name, { key, ...tls }] of Object.entries(TENANTS))
      await front.tenant(name, { tls, ...(key === 'RSA' && { certificatePem }) });
  });
  after(() => front[Symbol.asyncDispose]());

  for (const [name, policy] of Object.entries(TENANTS))
    test(`${policy.profile}, TLS ${policy.minVersion} or newer, ${policy.key} is seen as exactly that`, async () => {
      const facts = await probe(front.port, `${name}.localhost`);
      assert.deepEqual(judgeHandshakes(facts, policy), []);
      const spoken = policy.minVersion === '1.3' ? ['TLS 1.3'] : ['TLS 1.2', 'TLS 1.3'];
      assert.deepEqual(facts.spoken, spoken);
    });

  test('one profile is not taken for another', async () => {
    const [strict, best] = [await probe(front.port, 'acme.localhost'), await probe(front.port, 'initech.localhost')];
    assert.deepEqual(codes(strict, { ...STRICT, profile: 'BestPractices' }), ['SuiteMissing']);
    assert.deepEqual(codes(best), ['SuiteExtra']);
    assert.deepEqual(codes(strict, { ...STRICT, minVersion: '1.3' }), ['OldProtocol']);
    assert.deepEqual(codes(await probe(front.port, 'globex.localhost')), ['VersionMissing']);
  });

  test('an unknown name and no name are seen to be refused', async () => {
    const { unknownName, noName } = await probe(front.port);
    assert.deepEqual(
      [unknownName, noName],
      [
        { kind: 'alert', description: 112 },
        { kind: 'alert', description: 112 },
      ],
    );
  });

  test('the whole look is at most twenty connections', async () => {
    let connections = 0;
    front.server.on('connection', () => (connections += 1));
    await probe(front.port);
    assert.ok(connections > 10 && connections <= 20, String(connections));
  });
});

describe('the handshake probe against openssl s_server with bad settings', { skip: NO_OPENSSL }, () => {
  const serve = async (...args: string[]) => startOpensslServer(await makeCertificate([HOST]), args);

  test('TLS 1.0 and 1.1 beside the new ones are found', async () => {
    await using server = await serve('-cipher', 'ALL:@SECLEVEL=0', '-min_protocol', 'TLSv1');
    const facts = await probe(server.port);
    assert.deepEqual(facts.spoken, ['TLS 1.0', 'TLS 1.1', 'TLS 1.2', 'TLS 1.3']);
    const [first] = judgeHandshakes(facts, STRICT);
    assert.deepEqual(first, {
      code: 'OldProtocol',
      message: 'It speaks TLS 1.0, TLS 1.1; TLS 1.2 is the oldest that is allowed.',
    });
  });

  test('a server of nothing but TLS 1.0', async () => {
    await using server = await serve('-tls1', '-cipher', 'ALL:@SECLEVEL=0');
    const facts = await probe(server.port);
    assert.deepEqual(facts.spoken, ['TLS 1.0']);
    assert.deepEqual(codes(facts), ['OldProtocol', 'VersionMissing', 'VersionMissing']);
  });

  test('an RSA key leaves TLS 1.2 without a suite of the profile, though TLS 1.3 hides that from browsers', async () => {
    const rsa = makeRsaCertificate([HOST]);
    const strict = suitesOf('Strict', '1.2').map(suite => suite.openssl);
    await using server = await startOpensslServer(rsa, ['-cipher', strict.join(':'), '-serverpref']);
    assert.deepEqual((await probe(server.port)).spoken, ['TLS 1.3']);
  });

  test('CBC alone, and more than the profile, are named by suite', async () => {
    await using cbc = await serve('-cipher', 'ECDHE-ECDSA-AES256-SHA384:ECDHE-ECDSA-AES256-SHA', '-serverpref');
    const found = judgeHandshakes(await probe(cbc.port), STRICT).map(one => one.message);
    assert.ok(
      found.includes('TLS 1.2 takes more than the profile: TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA.'),
      found.join('\n'),
    );
    assert.ok(found.some(message => /TLS 1\.2 lacks TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, /.test(message)));
  });

  test('the order of the client, and another order of the server, are told apart', async () => {
    const suites = suitesOf('Strict', '1.2').map(suite => suite.openssl);
    const thirteen = [
      '-ciphersuites',
      suitesOf('Strict', '1.3')
        .map(suite => suite.openssl)
        .join(':'),
    ];
    await using client = await serve('-cipher', suites.join(':'), ...thirteen);
    assert.deepEqual(codes(await probe(client.port)), ['ClientOrder', 'ClientOrder']);
    await using server = await serve('-cipher', suites.toReversed().join(':'), ...thirteen, '-serverpref');
    assert.deepEqual(codes(await probe(server.port)), ['WrongOrder']);
    await using right = await serve('-cipher', suites.join(':'), ...thirteen, '-serverpref');
    assert.deepEqual(codes(await probe(right.port)), []);
    const chachaFirst = [...thirteen, '-serverpref', '-prioritize_chacha'];
    await using chacha = await serve('-cipher', suites.join(':'), ...chachaFirst);
    assert.deepEqual(codes(await probe(chacha.port)), [], 'CHACHA20 for those who list it first is still an order');
  });

  test('sslscan sees the same suites in the same order', { skip: NO_SSLSCAN }, async () => {
    await using server = await serve(
      '-cipher',
      'ECDHE+aECDSA+AESGCM:ECDHE+aECDSA+AES:ECDHE+aECDSA+CHACHA20',
      '-serverpref',
    );
    const { suites } = await probe(server.port);
    const ours = [...suites['1.3'].picked, ...suites['1.2'].picked];
    assert.deepEqual(ours, await sslscan(server.port));
    assert.ok(ours.length > 8);
  });
});

describe('the handshake probe against HAProxy, set by our driver', { skip: NO_HAPROXY }, () => {
  let proxy: HaProxy;
  before(async () => {
    const [certificate, fallback] = [await makeCertificate([HOST]), await makeCertificate(['fallback.localhost'])];
    const annotations = haproxyIngress.annotations(STRICT);
    proxy = await startHaProxy({ annotations, host: HOST, certificate, fallback, backendPort: 1 });
  });
  after(() => proxy[Symbol.asyncDispose]());

  test('it is exact, and seen to answer strangers with its own certificate', async () => {
    const facts = await probe(proxy.httpsPort);
    assert.deepEqual(judgeHandshakes(facts, STRICT), []);
    assert.deepEqual([facts.unknownName.kind, facts.noName.kind], ['hello', 'hello']);
  });

  test('another host of the same proxy has terms of its own', async () => {
    const facts = await probe(proxy.httpsPort, 'fallback.localhost');
    assert.deepEqual(facts.spoken, ['TLS 1.0', 'TLS 1.1', 'TLS 1.2', 'TLS 1.3']);
    assert.ok(codes(facts).includes('SuiteExtra'), codes(facts).join());
  });
});

test('what is no TLS server, or does not answer, has no versions, and is not judged as one that refused', async () => {
  await using http = await listening(createHttpServer());
  assert.deepEqual((await probe(http.port)).spoken, []);
  await using silent = await listening(createTcpServer());
  const say = (hello: Buffer) => sayHello({ address: '127.0.0.1', port: silent.port }, hello, 30);
  const facts = await probeHandshakes({ say, entropy: randomBytes }, HOST);
  assert.deepEqual(codes(facts), ['Incomplete', 'Incomplete']);
  assert.deepEqual(codes(await probe(1)), ['Incomplete', 'Incomplete']);
});
