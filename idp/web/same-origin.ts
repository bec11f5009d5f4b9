import type { IncomingMessage } from 'node:http';

/**
 * Was this POST sent by a page of the same origin? Browsers say so in Sec-Fetch-Site (Fetch Metadata), older ones in
 * Origin. Who says neither is no browser that we can vouch for, and is refused.
 */
export function isSameOrigin(req: IncomingMessage, origin: string): boolean {
  const site = req.headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  return req.headers.origin === origin;
}
