import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { TestCertificate } from './certificate.ts';

/** A wire on loopback that a test can cut, and that ends TLS where the server behind it knows none. */

export interface Relay extends AsyncDisposable {
  port: number;
  /** Every connection breaks, and nobody gets a new one. */
  cut(): void;
  mend(): void;
}

export async function openRelay(target: number, tls?: TestCertificate): Promise<Relay> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const join = (near: Socket): void => {
    if (isCut) return void near.destroy();
    const far = connect(target, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one
        .on('error', () => undefined)
        .on('close', () => {
          sockets.delete(one);
          other.destroy();
        });
      one.pipe(other);
    }
  };
  const server = tls === undefined ? createServer(join) : createTlsServer(tls, join);
  server.on('tlsClientError', () => undefined).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    mend: () => void (isCut = false),
    async [Symbol.asyncDispose]() {
      cut();
      await new Promise(resolve => server.close(resolve));
    },
  };
}
