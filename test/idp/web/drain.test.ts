import assert from 'node:assert/strict';
import { Agent, createServer, get } from 'node:http';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { drain, endKeptConnections, listen } from '#idp/web/listen.ts';

function fetchText(port: number, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, agent }, response => {
      response.on('data', chunk => resolve(String(chunk)));
    }).on('error', reject);
  });
}

test('who is being served is served to the end; nobody else comes in; idle connections do not hold it up', async () => {
  const server = createServer((_req, res) => void setTimeout(() => res.end('served'), 300));
  const port = await listen(server, '127.0.0.1', 0);
  using agent = Object.assign(new Agent({ keepAlive: true }), { [Symbol.dispose]: () => agent.destroy() });
  await fetchText(port, agent);
  const underWay = fetchText(port, agent);
  await delay(50);
  const started = performance.now();
  const drained = drain([server], 5_000);
  await assert.rejects(fetchText(port, new Agent()), { code: 'ECONNREFUSED' });
  assert.equal(await underWay, 'served');
  await drained;
  assert.ok(performance.now() - started < 2_000, 'did not wait for the idle connection');
});

test('a replica that leaves ends every kept connection with its next answer, so no request meets its closing', async () => {
  const server = createServer((_req, res) => void res.end('served'));
  const port = await listen(server, '127.0.0.1', 0);
  using agent = Object.assign(new Agent({ keepAlive: true }), { [Symbol.dispose]: () => agent.destroy() });
  const connection = (): Promise<string | undefined> =>
    new Promise((resolve, reject) => {
      get({ host: '127.0.0.1', port, agent }, response => {
        response.resume().on('end', () => resolve(response.headers.connection));
      }).on('error', reject);
    });
  assert.equal(await connection(), 'keep-alive');
  endKeptConnections([server]);
  assert.equal(await connection(), 'close');
  await drain([server], 5_000);
});

test('somebody who never ends is cut off when the time is over', async () => {
  const server = createServer(() => undefined);
  const port = await listen(server, '127.0.0.1', 0);
  const stuck = assert.rejects(fetchText(port, new Agent()), { code: 'ECONNRESET' });
  await delay(50);
  const started = performance.now();
  await drain([server], 200);
  assert.ok(performance.now() - started < 1_000);
  await stuck;
});
