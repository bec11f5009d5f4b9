import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Opening ports, and closing them without hurting anybody who is being served. */

const SWEEP_MS = 50;

/** The port. Slow senders are cut off; connections outlive the keep-alive of the proxies before us (60 s mostly). */
export async function listen(server: Server, host: string, port: number): Promise<number> {
  server.headersTimeout = 15_000;
  server.requestTimeout = 30_000;
  server.keepAliveTimeout = 75_000;
  server.maxHeadersCount = 100;
  server.listen(port, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** From now on every answer ends its connection, so that nobody sends the next request into the closing of it. */
export function endKeptConnections(servers: readonly Server[]): void {
  for (const server of servers) server.prependListener('request', (_req, res) => void (res.shouldKeepAlive = false));
}

/** Takes no new connections, ends idle ones, and waits for requests under way, at most so long. */
export async function drain(servers: readonly Server[], milliseconds: number): Promise<void> {
  const closed = servers.filter(server => server.listening).map(server => once(server, 'close'));
  for (const server of servers) server.close();
  // A connection whose last request has ended is idle only then, and Node keeps it for as long as keep-alive says.
  const sweep = setInterval(() => servers.forEach(server => server.closeIdleConnections()), SWEEP_MS);
  const end = setTimeout(() => servers.forEach(server => server.closeAllConnections()), milliseconds);
  await Promise.all(closed);
  clearInterval(sweep);
  clearTimeout(end);
}
