import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { Agent, get } from 'node:https';
import { type AddressInfo, connect as connectTcp, createServer as createTcpServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { drain, listen } from '#idp/web/listen.ts';
import { startFront } from './front.ts';
import { clientHello, sayHello, shakeHands } from './handshake.ts';

/** Who comes to the TLS port slowly, brokenly, or by mistake; and what a server before HTTP must not break. */

/** Says this, and hears the other side until it ends the connection. */
async function tell(port: number, bytes: Buffer | string): Promise<string> {
  const socket = connectTcp(port, '127.0.0.1');
  const heard: Buffer[] = [];
  socket.on('error', () => undefined).on('data', (chunk: Buffer) => heard.push(chunk));
  socket.write(bytes);
  await once(socket, 'close');
  return Buffer.concat(heard).toString('latin1');
}

/** One byte a packet. */
async function drip(bytes: Buffer, socket: Socket, milliseconds: number): Promise<void> {
  for (const byte of bytes) {
    if (socket.destroyed) return;
    socket.write(Buffer.from([byte]));
    await delay(milliseconds);
  }
}

test('a hello that comes byte by byte is served, and the peer keeps its address', async t => {
  const handler: RequestListener = (req, res) => res.end(`for ${req.socket.remoteAddress}:${req.socket.remotePort}`);
  await using front = await startFront(handler, 5_000);
  let port: number | undefined;
  const relay = createTcpServer(client => {
    const server = connectTcp({ port: front.port, host: '127.0.0.1', noDelay: true });
    client.on('error', () => undefined).on('close', () => server.destroy());
    server.on('error', () => undefined).pipe(client);
    client.once('data', (hello: Buffer) => {
      port = server.localPort;
      client.pause();
      void drip(hello, server, 1).then(() => client.pipe(server));
    });
  }).listen(0, '127.0.0.1');
  t.after(() => relay.close());
  await once(relay, 'listening');
  const body = await fetchText((relay.address() as AddressInfo).port);
  assert.equal(body, `for 127.0.0.1:${port}`);
  assert.deepEqual(front.refusals, []);
});

test('whoever takes too long over the hello is cut off, however busy they are', async () => {
  await using front = await startFront();
  const socket = connectTcp({ port: front.port, host: '127.0.0.1', noDelay: true });
  socket.on('error', () => undefined);
  const started = performance.now();
  void drip(clientHello(0x0303, [0xc02c]), socket, 40);
  await once(socket.resume(), 'close');
  assert.ok(performance.now() - started < 1_500);
  assert.deepEqual(front.refusals, [{ refusal: 'timed-out', name: undefined }]);
});

test('whoever stops after the hello is cut off', async () => {
  await using front = await startFront();
  await tell(front.port, clientHello(0x0303, [0xc02c]));
  assert.deepEqual(front.refusals, [{ refusal: 'timed-out', name: 'acme.localhost' }]);
});

test('whoever hangs up before the end of the hello is forgotten at once', async () => {
  await using front = await startFront(undefined, 60_000);
  for (const leave of ['end', 'resetAndDestroy'] as const) {
    const socket = connectTcp(front.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(clientHello(0x0303, [0xc02c]).subarray(0, 30));
    await delay(20);
    socket.resume()[leave]();
    await once(socket, 'close');
  }
  await delay(20);
  assert.deepEqual(
    front.refusals.map(one => one.refusal),
    ['hung-up', 'hung-up'],
  );
  assert.equal(await connectionsOf(front.server), 0);
});

function connectionsOf(server: { getConnections(done: (error: Error | null, count: number) => void): void }) {
  return new Promise<number>((resolve, reject) => {
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
  });
}

test('plain HTTP gets a plain answer that repeats nothing of the question', async () => {
  await using front = await startFront();
  const answer = await tell(front.port, 'GET /path HTTP/1.1\r\nHost: evil.example\r\n\r\n');
  assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n[^]*\r\n\r\nThis port speaks HTTPS only\./);
  assert.doesNotMatch(answer, /evil|path|location/i);
  assert.deepEqual(front.refusals, [{ refusal: 'not-tls', name: undefined }]);
});

test('a name that is not ours, and none, are refused by the alert that says so', async () => {
  await using front = await startFront();
  const refused = (options: object, code: string) => assert.rejects(shakeHands(front.port, options), { code });
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
    await refused({ servername: 'stranger.localhost', maxVersion }, 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME');
  await refused({ servername: '', maxVersion: 'TLSv1.2' }, 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME');
  await refused({ servername: '' }, 'ERR_SSL_TLSV13_ALERT_MISSING_EXTENSION');
  assert.deepEqual(await sayHello(front.port, clientHello(0x0300, [0x2f])), { alert: 70 });
  assert.deepEqual(
    front.refusals.map(one => one.refusal),
    ['unknown-name', 'unknown-name', 'no-name', 'no-name', 'too-old'],
  );
});

test('a hello that is too large or damaged gets decode_error (50), and garbage gets nothing; both are counted', async () => {
  await using front = await startFront();
  const large = Buffer.concat([Buffer.from([22, 3, 1, 0x40, 0, 1, 0, 0x40, 0]), Buffer.alloc(20_000)]);
  const damaged = clientHello(0x0303, [0xc02c]);
  damaged[43] = 0xff;
  for (const bytes of [large, damaged]) assert.deepEqual(await sayHello(front.port, bytes), { alert: 50 });
  assert.equal(await tell(front.port, Buffer.from([0, 1, 2, 3, 4, 5])), '');
  assert.deepEqual(
    front.refusals.map(one => one.refusal),
    ['malformed', 'malformed', 'not-tls'],
  );
});

test('five hundred bursts of garbage are all refused, and the next handshake is as before', async () => {
  await using front = await startFront();
  const hello = clientHello(0x0303, [0xc02c]);
  for (let round = 0; round < 500; round += 50)
    await Promise.all(
      Array.from({ length: 50 }, (_, at) =>
        tell(front.port, Buffer.concat([hello.subarray(0, at), randomBytes(600 - at)])),
      ),
    );
  assert.equal(front.refusals.length, 500);
  assert.equal((await shakeHands(front.port)).version, 'TLSv1.3');
  await delay(20);
  assert.equal(await connectionsOf(front.server), 0);
});

function fetchText(port: number, agent?: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, servername: 'acme.localhost', rejectUnauthorized: false };
    get({ ...options, ...(agent && { agent }) }, response => {
      response.on('data', chunk => resolve(String(chunk)));
    }).on('error', reject);
  });
}

test('draining the front serves whom it is serving and waits for no idle connection', async () => {
  const front = await startFront((_req, res) => void setTimeout(() => res.end('served'), 300));
  const agent = new Agent({ keepAlive: true });
  assert.equal(await fetchText(front.port, agent), 'served');
  const underWay = fetchText(front.port);
  await delay(100);
  const started = performance.now();
  const drained = drain([front.server], 5_000);
  await assert.rejects(fetchText(front.port), { code: 'ECONNREFUSED' });
  assert.equal(await underWay, 'served');
  await drained;
  assert.ok(performance.now() - started < 2_000, 'did not wait for the idle connection');
  agent.destroy();
});

test('the limits of the port count for what comes through TLS', async () => {
  const front = await startFront(() => undefined);
  front.server.close();
  await once(front.server, 'close');
  const port = await listen(front.server, '127.0.0.1', 0);
  const stuck = assert.rejects(fetchText(port), { code: 'ECONNRESET' });
  await delay(100);
  await drain([front.server], 100);
  await stuck;
});
