import { type IncomingHttpHeaders, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import type { Face } from './face.ts';

/** One request, exactly as it is asked for: nothing is followed, corrected or added. */

export interface Ask {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** TLS name; absent: plain HTTP. */
  servername?: string;
}

export interface Told {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

export function ask(face: Pick<Face, 'port' | 'plainPort' | 'ca'>, wish: Ask): Promise<Told> {
  const { servername, body, ...rest } = wish;
  const shared = { host: '127.0.0.1', path: '/', agent: false as const, ...rest };
  return new Promise((resolve, reject) => {
    const outgoing =
      servername === undefined
        ? requestPlain({ ...shared, port: face.plainPort })
        : requestTls({ ...shared, port: face.port, servername, ca: face.ca });
    outgoing.on('error', reject);
    outgoing.on('response', response => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
      });
    });
    outgoing.end(body);
  });
}
