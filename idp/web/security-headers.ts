import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet, { strictTransportSecurity } from 'helmet';
import type { Tenant } from '#idp/tenants/tenant.ts';

/** Headers that make a browser strict with our pages. */

/** Where a form of a page may lead, redirects included: Chrome applies form-action to the whole chain. */
const policyFor = (formTargets: string): string =>
  [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "img-src 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    `form-action 'self'${formTargets}`,
  ].join(';');

const STRICTEST = policyFor('');

const COMMON = helmet({
  contentSecurityPolicy: false,
  strictTransportSecurity: false,
  // A form under no-referrer sends `Origin: null`, and the check of our own POSTs reads Origin.
  referrerPolicy: { policy: 'same-origin' },
  frameguard: { action: 'deny' },
  // Applications that sign people in within a popup would lose its opener.
  crossOriginOpenerPolicy: false,
  crossOriginResourcePolicy: false,
  xPoweredBy: false,
});

const HSTS = strictTransportSecurity({ maxAge: 31_536_000, includeSubDomains: false });

/** oidc-provider's own pages (form_post, logout) lead to an address of a client that is not known before they are made. */
export const ANY_APPLICATION = 'https: http://localhost:* http://127.0.0.1:*';

export function setSecurityHeaders(req: IncomingMessage, res: ServerResponse, domain: string): void {
  const done = (): void => undefined;
  COMMON(req, res, done);
  res.setHeader('Content-Security-Policy', STRICTEST);
  // A development CA that is made anew would lock people out of *.localhost for a year.
  if (!domain.endsWith('.localhost')) HSTS(req, res, done);
}

/** @param targets sources of a form-action directive, as {@link formTargets} makes them. */
export function allowForms(res: ServerResponse, targets: string): void {
  if (targets !== '') res.setHeader('Content-Security-Policy', policyFor(` ${targets}`));
}

/** The origins of a client's redirect URIs, as form-action sources; loopback ones with any port (RFC 8252 section 7.3). */
export function formTargets(tenant: Tenant, clientId: string): string {
  const uris = tenant.clients.get(clientId)?.document.redirectUris ?? [];
  const sources = uris.filter(uri => URL.canParse(uri)).map(uri => sourceOf(new URL(uri)));
  // A host may hold these characters (URL standard, forbidden host code points); here they would begin another directive.
  return [...new Set(sources)].filter(source => !/[;,\s]/.test(source)).join(' ');
}

function sourceOf(url: URL): string {
  // CSP knows no IPv6 hosts: the scheme has to do.
  if (url.hostname.startsWith('[')) return url.protocol;
  return url.protocol === 'http:' ? `http://${url.hostname}:*` : url.origin;
}
