import { type IncomingMessage, request } from 'node:http';
import { request as secureRequest } from 'node:https';
import type { LookupFunction } from 'node:net';

/**
 * Calls to `*.localhost` by a program. Browsers and curl send that name to loopback (RFC 6761 section 6.3), Node on a plain
 * Debian asks the DNS and fails; so such names are looked up here. The development CA is trusted for these calls alone.
 */

const loopbackLookup: LookupFunction = (_host, options, done) => {
  const address = '127.0.0.1';
  if (options.all) done(null, [{ address, family: 4 }]);
  else done(null, address, 4);
};

const SECONDS = 10;

/** What openid-client needs of fetch: text in, text out, no redirects. */
export function loopbackFetch(ca: string): (url: string, init?: RequestInit) => Promise<Response> {
  return async (url, init = {}) => {
    const target = new URL(url);
    const isLocal = target.hostname === 'localhost' || target.hostname.endsWith('.localhost');
    const options = {
      method: init.method ?? 'GET',
      headers: Object.fromEntries(new Headers(init.headers)),
      signal: AbortSignal.any([AbortSignal.timeout(SECONDS * 1000), ...(init.signal ? [init.signal] : [])]),
      ...(isLocal ? { lookup: loopbackLookup } : {}),
    };
    const body = init.body === null || init.body === undefined ? undefined : await new Response(init.body).text();
    return new Promise((resolve, reject) => {
      const answer = (message: IncomingMessage): void => void toResponse(message).then(resolve, reject);
      const outgoing =
        target.protocol === 'https:'
          ? secureRequest(target, { ...options, ca }, answer)
          : request(target, options, answer);
      outgoing.on('error', reject).end(body);
    });
  };
}

async function toResponse(message: IncomingMessage): Promise<Response> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const headers = new Headers();
  for (const [name, value] of Object.entries(message.headers)) headers.set(name, String(value));
  const status = message.statusCode ?? 500;
  const isEmpty = status === 204 || status === 304;
  return new Response(isEmpty ? null : Buffer.concat(chunks), { status, headers });
}
