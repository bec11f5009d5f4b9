import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { createOutbound, type Outbound, type OutboundOptions } from '#crds/shared/outbound/client.ts';
import { createGuard } from '#crds/shared/outbound/guard.ts';
import { makeCa, type TestCa, type TestCertificate } from '#test/support/certificate.ts';
import { type Listening, listening } from '#test/support/listening.ts';

/** An endpoint at https://idp.example and https://other.example, and clients that find it on loopback. */

export type Page = (req: IncomingMessage, res: ServerResponse) => unknown;

/** What it does, by path. */
const PAGES: Record<string, Page> = {
  '/hello': (_req, res) => res.end('hello'),
  '/echo': (req, res) => void req.pipe(res),
  '/headers': (req, res) => res.end(JSON.stringify({ method: req.method, ...req.headers })),
  '/missing': (_req, res) => res.writeHead(404).end('nothing'),
  '/large': (_req, res) => void res.write(Buffer.alloc(300_000)),
  '/drip': async (_req, res) => {
    for (let at = 0; at < 100 && !res.destroyed; at += 1) {
      res.write('x');
      await delay(50);
    }
  },
  '/stall': () => undefined,
  '/broken': (_req, res) => void res.socket?.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhal'),
  '/nonsense': (_req, res) => void res.socket?.end('hello there\r\n\r\n'),
};

export const redirect =
  (location: string, status = 302) =>
  (_req: IncomingMessage, res: ServerResponse) =>
    void res.writeHead(status, { location }).end();

export interface Endpoint extends AsyncDisposable {
  ca: TestCa;
  certificate: TestCertificate;
  port: number;
  at(path: string, host?: string): string;
  /** One more, at an address of its own. */
  serve(pages: Record<string, Page>, options?: ServerOptions & { address?: string }): Promise<Listening>;
}

export async function startEndpoint(): Promise<Endpoint> {
  const ca = await makeCa();
  const certificate = await ca.issue(['idp.example', 'other.example']);
  const serve: Endpoint['serve'] = (pages, { address, ...options } = {}) => {
    const all = { ...PAGES, ...pages };
    const handler = (req: IncomingMessage, res: ServerResponse): void =>
      void (all[req.url ?? ''] ?? all['/missing'])?.(req, res);
    return listening(createServer({ ...certificate, ...options }, handler), address);
  };
  const main = await serve({});
  return {
    ca,
    certificate,
    port: main.port,
    at: (path, host = 'idp.example') => `https://${host}:${main.port}${path}`,
    serve,
    [Symbol.asyncDispose]: () => main[Symbol.asyncDispose](),
  };
}

/** Trusts the endpoint's CA, finds every name at 127.0.0.1, and may go there and nowhere else inside. */
export function clientOf({ ca }: Endpoint, options: Partial<OutboundOptions> = {}): Outbound {
  return createOutbound({
    guard: createGuard({ cidrs: ['127.0.0.1'], hostSuffixes: [] }),
    lookup: () => Promise.resolve(['127.0.0.1']),
    ca: ca.ca,
    ...options,
  });
}
