import type { ServerResponse } from 'node:http';
import type { Html } from './html.ts';

/** Pages are never cached and never sniffed. */
export function sendPage(res: ServerResponse, status: number, page: Html | string): void {
  const body = Buffer.from(page.toString());
  res.statusCode = status;
  res.setHeader('Content-Type', 'text/html; charset=utf-8');
  res.setHeader('Cache-Control', 'no-store');
  res.setHeader('Content-Length', body.length);
  res.end(res.req.method === 'HEAD' ? undefined : body);
}

export function redirect(res: ServerResponse, status: 303 | 308, location: string): void {
  res.statusCode = status;
  res.setHeader('Location', location);
  res.setHeader('Content-Length', 0);
  res.end();
}
