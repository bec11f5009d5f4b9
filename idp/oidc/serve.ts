import { createHash } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { HashQueueFull } from '#idp/limits/hash-queue.ts';
import { StoreUnavailable } from '#idp/storage/store.ts';
import type { TenantScope } from './needs.ts';

/**
 * A Provider as a node handler. What the library does not know goes on to the next handler; so does what is not the
 * request's fault (no store, too much to hash), which is 503 and never "signed out".
 */

export type Next = (error?: unknown) => void;
export type Serve = (req: IncomingMessage, res: ServerResponse, next: Next) => void;

export function createServe(provider: Provider, scope: TenantScope): Serve {
  const failures = new WeakMap<IncomingMessage, Error>();
  const passedOn = new WeakMap<IncomingMessage, { error?: Error }>();
  provider.on('server_error', (ctx: KoaContextWithOIDC, error: Error) => {
    failures.set(ctx.req, error);
    if (isTemporary(error)) return;
    scope.log.error({ tenant: scope.uid, path: ctx.path, err: error }, 'a request failed');
  });
  (provider as EventEmitter).on('error', (error: Error) =>
    scope.log.error({ tenant: scope.uid, err: error }, 'a request failed'),
  );
  provider.use(async (ctx, next) => {
    // Errors of the last save come this way, past the library's own handling.
    await next().catch((error: unknown) => {
      if (!isTemporary(error)) throw error;
      failures.set(ctx.req, error);
    });
    const failure = failures.get(ctx.req);
    if (failure !== undefined && isTemporary(failure)) passedOn.set(ctx.req, { error: failure });
    else if (ctx['_matchedRoute'] === undefined) passedOn.set(ctx.req, {});
    if (passedOn.has(ctx.req)) ctx.respond = false;
    else makeCacheable(ctx as KoaContextWithOIDC);
  });
  const handle = provider.callback();
  return (req, res, next) => {
    const finish = () => {
      const passed = passedOn.get(req);
      if (passed === undefined) return;
      clear(res);
      next(passed.error);
    };
    handle(req, res).then(finish, next);
  };
}

function isTemporary(error: unknown): error is StoreUnavailable | HashQueueFull {
  return error instanceof StoreUnavailable || error instanceof HashQueueFull;
}

/** What the library had begun to answer, cookies above all, is not the answer. */
function clear(res: ServerResponse): void {
  res.statusCode = 200;
  for (const name of ['set-cookie', 'location', 'content-type', 'content-length']) res.removeHeader(name);
}

/** `none` is for the clients inside the house (applications.ts), and no offer to others. */
function onlyOffers(discovery: unknown): object {
  return { ...(discovery as object), response_types_supported: ['code'] };
}

const CACHEABLE = new Set(['discovery', 'jwks']);

/** Five minutes: long enough to spare us, short enough that a key announced a day ahead is known everywhere. */
function makeCacheable(ctx: KoaContextWithOIDC): void {
  if (ctx.status !== 200 || !CACHEABLE.has(String(ctx['_matchedRouteName']))) return;
  const type = ctx.response.get('content-type');
  const text = JSON.stringify(ctx['_matchedRouteName'] === 'discovery' ? onlyOffers(ctx.body) : ctx.body);
  ctx.body = text;
  ctx.set('content-type', type);
  ctx.set('cache-control', 'public, max-age=300');
  ctx.etag = createHash('sha256').update(text).digest('base64url');
  if (ctx.fresh) ctx.status = 304;
}
