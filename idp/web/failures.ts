import type { IncomingMessage, ServerResponse } from 'node:http';
import { SamlError } from '#idp/saml/errors.ts';
import type { Tenant } from '#idp/tenants/tenant.ts';
import { brandOf } from './pages/frame.ts';
import { noticePage } from './pages/notice.ts';
import { sendPage } from './respond.ts';

/** What somebody gets when something fails behind the gate: a page for people, JSON for programs. */

interface Failure {
  status: number;
  title: string;
  detail: string;
  /** RFC 6749 section 5.2, for programs. */
  error: string;
  retryAfter?: number;
}

const TOO_LARGE: Failure = {
  status: 413,
  title: 'This request is too large',
  detail: 'The form that was sent is larger than any form here.',
  error: 'invalid_request',
};

const NOT_UNDERSTOOD: Failure = {
  status: 400,
  title: 'This request cannot be understood',
  detail: 'Please go back and try again.',
  error: 'invalid_request',
};

const BROKEN: Failure = {
  status: 500,
  title: 'Something went wrong here',
  detail: 'It is not your fault. Please try again; if it stays, tell whoever runs this sign-in.',
  error: 'server_error',
};

export const NOT_FOUND: Failure = {
  status: 404,
  title: 'There is no such page',
  detail:
    'The address may be mistyped or out of date. Open the application that you want to use and sign in from there.',
  error: 'not_found',
};

/** StoreUnavailable, HashQueueFull: nobody is signed out because a store is away for a moment. */
function temporary(retryAfter: number): Failure {
  return {
    status: 503,
    title: 'One moment, please',
    detail: 'Sign-in cannot answer right now. You are not signed out: try again in a few seconds.',
    error: 'temporarily_unavailable',
    retryAfter,
  };
}

/** Its words are ours and meant for the person; none of the sender's are in them. */
function unaccepted({ status, code, message }: SamlError): Failure {
  return { status, title: 'This sign-in message was not accepted', detail: message, error: code };
}

export function failureOf(error: unknown): Failure {
  if (error instanceof SamlError) return unaccepted(error);
  if (typeof error !== 'object' || error === null) return BROKEN;
  if ('retryAfter' in error && typeof error.retryAfter === 'number') return temporary(error.retryAfter);
  return refused('status' in error ? error.status : undefined);
}

/** What express and its parsers throw. */
function refused(status: unknown): Failure {
  if (status === 413) return TOO_LARGE;
  return typeof status === 'number' && status >= 400 && status < 500 ? NOT_UNDERSTOOD : BROKEN;
}

interface Asked {
  /** Express keeps the whole address, whatever a router took off it. */
  req: IncomingMessage & { originalUrl?: string };
  res: ServerResponse;
  id: string;
  tenant: Tenant | undefined;
}

export function sendFailure({ req, res, id, tenant }: Asked, failure: Failure): void {
  if (failure.retryAfter !== undefined) res.setHeader('Retry-After', failure.retryAfter);
  if (!wantsHtml(req)) return sendJson(res, failure);
  const { title, detail, status } = failure;
  const next = failure.retryAfter === undefined ? undefined : againLink(req, tenant);
  sendPage(res, status, noticePage({ brand: tenant && brandOf(tenant), title, detail, requestId: id, ...next }));
}

/** The same address once more, under the tenant's own origin; a form that was sent is sent again by its browser. */
function againLink(req: Asked['req'], tenant: Tenant | undefined): { next?: { text: string; href: string } } {
  const path = req.originalUrl ?? req.url;
  if (req.method !== 'GET' || tenant === undefined || path === undefined) return {};
  return { next: { text: 'Try again', href: new URL(tenant.document.issuer).origin + path } };
}

function wantsHtml(req: IncomingMessage): boolean {
  return /text\/html|application\/xhtml/.test(req.headers.accept ?? '');
}

function sendJson(res: ServerResponse, { status, error, title }: Failure): void {
  res.statusCode = status;
  res.setHeader('Content-Type', 'application/json');
  res.setHeader('Cache-Control', 'no-store');
  res.end(JSON.stringify({ error, error_description: title }));
}
