import { createServer, type Server, type ServerResponse } from 'node:http';

/** Owns the small HTTP server for probes and metrics. It must not know what is healthy: each path asks its own question. */

export interface Answer {
  status: number;
  type?: string;
  body: string;
}

export type Questions = Readonly<Record<string, () => Answer | Promise<Answer>>>;

/** Resolves when it listens. */
export async function startHealth(questions: Questions, listen: { host: string; port: number }): Promise<Server> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    void answer(Object.hasOwn(questions, path) ? questions[path] : undefined, response);
  });
  server.requestTimeout = 10_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(listen.port, listen.host, () => resolve());
  });
  return server;
}

async function answer(question: Questions[string] | undefined, response: ServerResponse): Promise<void> {
  const { status, type = 'text/plain; charset=utf-8', body } = await ask(question);
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
}

async function ask(question: Questions[string] | undefined): Promise<Answer> {
  if (question === undefined) return { status: 404, body: 'not found\n' };
  try {
    return await question();
  } catch {
    return { status: 500, body: 'failed\n' };
  }
}

/** 200 with `ok`, or 503 with the reason. */
export function probe(problem: string | undefined): Answer {
  return problem === undefined ? { status: 200, body: 'ok\n' } : { status: 503, body: `${problem}\n` };
}
