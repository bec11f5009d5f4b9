import { once } from 'node:events';
import type { Server } from 'node:net';

export interface Listening extends AsyncDisposable {
  port: number;
}

/** Any server of Node on a free loopback port; it goes away with every connection it has. */
export async function listening(server: Server, address = '127.0.0.1'): Promise<Listening> {
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', socket => {
    sockets.add(socket);
    // Clients under test cut connections off.
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  server.listen(0, address);
  await once(server, 'listening');
  const bound = server.address();
  return {
    port: bound !== null && typeof bound === 'object' ? bound.port : 0,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
