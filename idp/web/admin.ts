import { createServer, type Server } from 'node:http';

/** Health and metrics, on a port of their own that no ingress leads to. */

export interface AdminParts {
  /** false: take this replica out of the Service. */
  isReady: () => boolean;
  metrics: () => Promise<{ contentType: string; text: string }>;
}

interface Answer {
  status: number;
  type: string;
  body: string;
}

const plain = (status: number, body: string): Answer => ({
  status,
  type: 'text/plain; charset=utf-8',
  body: `${body}\n`,
});

export function createAdminServer({ isReady, metrics }: AdminParts): Server {
  const routes: Record<string, () => Promise<Answer>> = {
    '/healthz': async () => plain(200, 'ok'),
    '/readyz': async () => (isReady() ? plain(200, 'ready') : plain(503, 'not ready')),
    '/metrics': async () => {
      const { contentType, text } = await metrics();
      return { status: 200, type: contentType, body: text };
    },
  };
  return createServer((req, res) => {
    const path = (req.url ?? '').split('?')[0] ?? '';
    const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
    const answer = route?.() ?? Promise.resolve(plain(404, 'no such page'));
    answer
      .catch(() => plain(500, 'failed'))
      .then(({ status, type, body }) => res.writeHead(status, { 'Content-Type': type }).end(body))
      .catch(() => res.destroy());
  });
}
