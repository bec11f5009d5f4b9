import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, createServer as createTcpServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { createOutbound, type OutboundOptions } from '#crds/shared/outbound/client.ts';
import { createGuard } from '#crds/shared/outbound/guard.ts';
import { OutboundError } from '#crds/shared/outbound/outbound-error.ts';
import { startFront } from '#test/idp/tls/front.ts';
import { makeCa, makeCertificate, makeRsaCertificate, makeSelfSigned, type TestCa } from '#test/support/certificate.ts';
import { listening } from '#test/support/listening.ts';
import { NO_OPENSSL, startOpensslServer } from '#test/support/openssl-server.ts';

const LOOPBACK = createGuard({ cidrs: ['127.0.0.1'], hostSuffixes: [] });
const LIMITS = { connectMs: 1_500, totalMs: 3_000 };

/** How a call to `https://idp.example:port/secret-path?secret=1` fails. */
async function failure(port: number, options: Partial<OutboundOptions> = {}): Promise<OutboundError> {
  const lookup = (): Promise<string[]> => Promise.resolve(['127.0.0.1']);
  const outbound = createOutbound({ guard: LOOPBACK, lookup, limits: LIMITS, ...options });
  const headers = { authorization: 'Bearer hunter2' };
  const error: unknown = await outbound
    .fetch(`https://idp.example:${port}/hunter2?token=hunter2`, { headers, method: 'POST', body: 'hunter2' })
    .then(
      ({ status }) => assert.fail(`it worked: ${status}`),
      failed => failed,
    );
  assert.ok(error instanceof OutboundError, String(error));
  assert.ok(error.message.startsWith(`idp.example:${port} `), error.message);
  assert.doesNotMatch(error.message, /hunter2|token/);
  return error;
}

for (const [flag, version] of [
  ['-tls1', 'TLS 1.0'],
  ['-tls1_1', 'TLS 1.1'],
] as const)
  test(`a server that speaks only ${version} is named so`, { skip: NO_OPENSSL }, async () => {
    const certificate = await makeCertificate(['idp.example']);
    await using server = await startOpensslServer(certificate, [flag, '-cipher', 'ALL:@SECLEVEL=0']);
    const { code, message } = await failure(server.port);
    assert.equal(code, 'TooOld');
    assert.equal(
      message,
      `idp.example:${server.port} (127.0.0.1) speaks only ${version}; TLS 1.2 or newer is required. Ask its owner to enable TLS 1.2.`,
    );
  });

test('a server that answers our hello with an older version at once is named so', async () => {
  const serverHello = Buffer.from([22, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1, ...Array<number>(32).fill(9), 0, 0, 0x2f, 0]);
  await using server = await listening(createTcpServer(socket => socket.once('data', () => socket.write(serverHello))));
  const { code, message } = await failure(server.port);
  assert.equal(code, 'TooOld');
  assert.match(message, /speaks only TLS 1\.0;/);
});

test('a server that only says protocol_version is believed, without a version that nobody saw', async () => {
  const alert = Buffer.from([21, 3, 0, 0, 2, 2, 70]);
  await using server = await listening(createTcpServer(socket => socket.once('data', () => socket.end(alert))));
  const { code, message } = await failure(server.port);
  assert.equal(code, 'TooOld');
  assert.match(message, /speaks only versions of TLS older than 1\.2;/);
});

test('a server of TLS 1.2 without forward secrecy is told with the suite that it would take', {
  skip: NO_OPENSSL,
}, async () => {
  const suites = ['-cipher', 'AES128-GCM-SHA256', '-tls1_2'];
  await using server = await startOpensslServer(makeRsaCertificate(['idp.example']), suites);
  const { code, message } = await failure(server.port);
  assert.equal(code, 'NoCommonSuite');
  assert.match(message, /it would take TLS_RSA_WITH_AES_128_GCM_SHA256\./);
});

test('plain HTTP, SSH and silence are told apart', async () => {
  await using http = await listening(createHttpServer((_req, res) => res.end('hello')));
  assert.equal((await failure(http.port)).code, 'PlainHttp');
  await using ssh = await listening(createTcpServer(socket => socket.write('SSH-2.0-OpenSSH_9.2\r\n')));
  assert.equal((await failure(ssh.port)).code, 'NotTls');
  await using silent = await listening(createTcpServer());
  const { code, message } = await failure(silent.port);
  assert.equal(code, 'Timeout');
  assert.match(message, /did not finish the handshake in time/);
});

test('a cut connection is a reset, by FIN and by RST, and a closed port refuses', async () => {
  const cut = (how: (socket: Socket) => void) =>
    listening(createTcpServer(socket => socket.on('error', () => undefined).once('data', () => how(socket))));
  await using fin = await cut(socket => socket.end());
  await using rst = await cut(socket => socket.resetAndDestroy());
  assert.equal((await failure(fin.port)).code, 'Reset');
  assert.equal((await failure(rst.port)).code, 'Reset');
  assert.equal((await failure(1)).code, 'Refused');
});

test('who resets our hello but answers an older one is too old, not behind a firewall', {
  skip: NO_OPENSSL,
}, async () => {
  const certificate = await makeCertificate(['idp.example']);
  await using old = await startOpensslServer(certificate, ['-tls1_1', '-cipher', 'ALL:@SECLEVEL=0']);
  let calls = 0;
  const relay = createTcpServer(socket => {
    calls += 1;
    if (calls === 1) {
      socket.once('data', () => socket.resetAndDestroy());
      return;
    }
    const inner = connect(old.port, '127.0.0.1').on('error', () => undefined);
    socket
      .on('error', () => undefined)
      .pipe(inner)
      .pipe(socket);
  });
  await using server = await listening(relay);
  const { code, message } = await failure(server.port);
  assert.deepEqual([code, calls], ['TooOld', 2]);
  assert.match(message, /speaks only TLS 1\.1;/);
});

test('an untrusted chain, another name and another time are told apart', async () => {
  const [ours, theirs] = [await makeCa(), await makeCa()];
  const serve = async (ca: TestCa, host: string) =>
    listening(createHttpsServer(await ca.issue([host]), (_req, res) => res.end('hello')));
  await using foreign = await serve(theirs, 'idp.example');
  await using renamed = await serve(ours, 'other.example');
  assert.equal((await failure(foreign.port, { ca: ours.ca })).code, 'UntrustedChain');
  assert.equal((await failure(foreign.port)).code, 'UntrustedChain', 'without a CA the usual roots count');
  assert.equal((await failure(renamed.port, { ca: ours.ca })).code, 'NameMismatch');
  for (const [code, from, to] of [
    ['Expired', -20, -10],
    ['NotYetValid', 10, 20],
  ] as const) {
    const pair = makeSelfSigned('idp.example', from, to);
    await using mistimed = await listening(createHttpsServer(pair));
    assert.equal((await failure(mistimed.port, { ca: pair.cert })).code, code);
  }
});

test('a name that is not served there is told', async () => {
  await using front = await startFront();
  assert.equal((await failure(front.port)).code, 'UnknownName');
});

test('a server that wants a client certificate is told, as far as its version lets it say so', {
  skip: NO_OPENSSL,
}, async () => {
  const ca = await makeCa();
  const certificate = await ca.issue(['idp.example']);
  await using newer = await startOpensslServer(certificate, ['-Verify', '1']);
  assert.equal((await failure(newer.port, { ca: ca.ca })).code, 'ClientCertificateWanted');
  await using older = await startOpensslServer(certificate, ['-Verify', '1', '-tls1_2']);
  const { code, message } = await failure(older.port, { ca: ca.ca });
  assert.equal(code, 'HandshakeFailed');
  assert.match(message, /it may want a client certificate/);
});

test('without DNS the host is named, and a resolver that hangs is not waited for', async () => {
  const gone = (): Promise<string[]> => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
  assert.match((await failure(443, { lookup: gone })).message, /has no address: ENOTFOUND/);
  assert.equal((await failure(443, { lookup: () => Promise.resolve([]) })).code, 'DnsFailed');
  const keepAlive = setTimeout(() => undefined, 5_000);
  const { code, message } = await failure(443, { lookup: () => new Promise(() => undefined) });
  clearTimeout(keepAlive);
  assert.equal(code, 'Timeout');
  assert.match(message, /get an answer from DNS/);
});
