import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** Loopback ports: is it free, does somebody answer. */

export class PortTaken extends Error {
  readonly code = 'PortTaken';
  readonly port: number;
  constructor(port: number, cause: unknown) {
    super(`port ${port} on 127.0.0.1 is taken`, { cause });
    this.port = port;
  }
}

/** The port when it is free, any free one for 0. Throws PortTaken. */
export async function claimPort(port: number): Promise<number> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch (cause) {
    throw new PortTaken(port, cause);
  }
  const address = server.address();
  server.close();
  await once(server, 'close');
  return address !== null && typeof address === 'object' ? address.port : port;
}

/** Does somebody accept connections there? */
export function answers(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
