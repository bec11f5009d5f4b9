import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Registry, Tenant } from '#idp/tenants/tenant.ts';
import { servernameOf } from '#idp/tls/server.ts';
import { setFacts } from './facts.ts';
import { clientAddress, plainAddress, scrubHeaders, type TrustedProxies } from './proxies.ts';

/**
 * Every request passes here once: whose host is it, did it come by HTTPS, who sent it, is it of a reasonable size. The
 * Host header is the only source of the tenant (proxies keep it); X-Forwarded-Host is never read. Nothing else of this
 * program decides about a host.
 */

/** More than any request of ours or of the protocol needs (oidc-provider reads at most 56 KiB). */
const LARGEST_BODY = 56 * 1024;

export type GateRefusal =
  | { kind: 'page'; status: 400 | 413 | 421; title: string; detail: string }
  | { kind: 'needs-https'; location: string | undefined };

export interface GateParts {
  registry: Registry;
  trusted: TrustedProxies;
}

export type Passed = { ok: true; tenant: Tenant } | { ok: false; id: string; refusal: GateRefusal };

export function passGate(req: IncomingMessage, parts: GateParts): Passed {
  const peer = plainAddress(req.socket.remoteAddress);
  const isTrusted = parts.trusted.has(peer);
  const id = requestId(req, isTrusted);
  const host = hostOf(req);
  const tenant = host === undefined ? undefined : parts.registry.current().byHost.get(host);
  const refusal = refusalOf(req, host, tenant);
  if (refusal !== undefined || tenant === undefined) return { ok: false, id, refusal: refusal ?? unknownHost(host) };
  if (!isHttps(req, isTrusted)) return { ok: false, id, refusal: needsHttps(req, tenant) };
  const ip = clientAddress(peer, headerOf(req, 'x-forwarded-for'), parts.trusted);
  scrubHeaders(req.headers, { authority: new URL(tenant.document.issuer).host, ip, id });
  setFacts(req, { id, ip, tenant });
  return { ok: true, tenant };
}

/** The host in the form in which tenants are kept; undefined when it is absent, doubled or no host name. */
function hostOf(req: IncomingMessage): string | undefined {
  const hosts = req.rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host');
  if (hosts.length > 1) return undefined;
  return /^([a-z0-9.-]{1,253})(?::\d{1,5})?$/i.exec(req.headers.host ?? '')?.[1]?.toLowerCase();
}

function refusalOf(
  req: IncomingMessage,
  host: string | undefined,
  tenant: Tenant | undefined,
): GateRefusal | undefined {
  // Only origin-form: an absolute-form target could name another host than the Host header (RFC 9112 section 3.2.2).
  if (host === undefined || req.url?.startsWith('/') !== true)
    return page(400, 'This request cannot be understood', 'It names no host, or names one in an unusual way.');
  if (tenant === undefined) return unknownHost(host);
  const servername = servernameOf(req.socket);
  if (servername !== undefined && servername !== host) return unknownHost(host);
  if (Number(req.headers['content-length'] ?? 0) > LARGEST_BODY)
    return page(413, 'This request is too large', `At most ${LARGEST_BODY / 1024} KiB are accepted here.`);
  return undefined;
}

function page(status: 400 | 413 | 421, title: string, detail: string): GateRefusal {
  return { kind: 'page', status, title, detail };
}

function unknownHost(host: string | undefined): GateRefusal {
  const detail = `No sign-in page is configured for “${host ?? ''}” on this connection. Check the address; if you run this service, check the domain of the SsoTenant.`;
  return page(421, 'This address is not configured here', detail);
}

function isHttps(req: IncomingMessage, isTrusted: boolean): boolean {
  if ('encrypted' in req.socket && req.socket.encrypted === true) return true;
  return isTrusted && headerOf(req, 'x-forwarded-proto') === 'https';
}

/** Only what is safe to repeat is redirected: a POST has already told its secrets in the clear. */
function needsHttps(req: IncomingMessage, tenant: Tenant): GateRefusal {
  const isSafe = req.method === 'GET' || req.method === 'HEAD';
  const origin = new URL(tenant.document.issuer).origin;
  return { kind: 'needs-https', location: isSafe ? `${origin}${req.url ?? '/'}` : undefined };
}

function headerOf(req: IncomingMessage, name: string): string | undefined {
  const value = req.headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

function requestId(req: IncomingMessage, isTrusted: boolean): string {
  const given = isTrusted ? headerOf(req, 'x-request-id') : undefined;
  return given !== undefined && /^[\w.-]{8,64}$/.test(given) ? given : randomUUID();
}

/** Keeps a connection whose body nobody wants open long enough for the answer to be read, and no longer. */
export function drainBody(req: IncomingMessage, res: ServerResponse): void {
  const LIMIT = 16 * 1024 * 1024;
  let seen = 0;
  res.setHeader('Connection', 'close');
  req.on('data', (chunk: Buffer) => {
    seen += chunk.length;
    if (seen > LIMIT) req.destroy();
  });
}
