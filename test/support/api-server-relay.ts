import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A TCP relay between a client and the API server, to break what lies between them. */
export interface Relay extends AsyncDisposable {
  /** `https://127.0.0.1:port`; the certificate of the target stays valid, since the address is the same. */
  readonly url: string;
  /** Connections accepted so far. */
  readonly accepted: number;
  /** Destroys every open connection; new ones are welcome. */
  cut(): void;
  /** Open connections stay open and no byte passes any more, as when a firewall forgot them; new ones work. */
  stall(): void;
  /** true: new connections are closed at once, until false. */
  refuse(refused: boolean): void;
}

export async function startRelay(target: string): Promise<Relay> {
  const { hostname, port } = new URL(target);
  const open = new Set<Socket>();
  let accepted = 0;
  let isRefusing = false;
  const server = createServer(near => {
    if (isRefusing) {
      near.destroy();
      return;
    }
    accepted += 1;
    const far = connect(Number(port), hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        open.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const cut = (): void => {
    for (const socket of open) socket.destroy();
  };
  return {
    url: `https://127.0.0.1:${address.port}`,
    get accepted() {
      return accepted;
    },
    cut,
    refuse: refused => {
      isRefusing = refused;
    },
    stall: () => {
      for (const socket of open) socket.unpipe().pause();
    },
    [Symbol.asyncDispose]: async () => {
      server.close();
      cut();
      await once(server, 'close');
    },
  };
}
