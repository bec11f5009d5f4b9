import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { serveAsset } from './assets.ts';
import { factsOf } from './facts.ts';
import { failureOf, NOT_FOUND, sendFailure } from './failures.ts';
import { drainBody, type GateRefusal, passGate } from './gate.ts';
import { interactionRoutes } from './interaction.ts';
import { brandOf } from './pages/frame.ts';
import { homePage, noticePage, pausedPage } from './pages/notice.ts';
import type { WebParts } from './parts.ts';
import { redirect, sendPage } from './respond.ts';
import { ANY_APPLICATION, allowForms, setSecurityHeaders } from './security-headers.ts';

/**
 * The face of the IdP, and the only room that knows express: which tenant a host is, headers, pages, errors. It must not
 * know how a password is checked or what a token is.
 *
 *   every request ──▶ gate (host, https, size) ──▶ headers ──▶ assets, home, interaction (express) ──▶ 404, errors
 *                                                        └───▶ everything else: SAML, OpenID Connect ──▶ 404, errors
 *
 * What programs ask for, a token above all, does not go through express: it changes the prototypes of every request.
 */

export function createWeb(parts: WebParts): RequestListener {
  const protocols = createProtocolRoutes(parts);
  const pages = createPages(parts, protocols);
  return (req, res) => {
    const started = performance.now();
    res.once('close', () => {
      const seconds = (performance.now() - started) / 1000;
      parts.observer.answered({ method: req.method ?? '', status: res.statusCode, seconds });
    });
    const passed = passGate(req, parts);
    res.setHeader('X-Request-Id', passed.ok ? factsOf(req).id : passed.id);
    setSecurityHeaders(req, res, passed.ok ? passed.tenant.document.domain : '.localhost');
    if (passed.ok) (isPage(req.url) ? pages : protocols)(req, res);
    else {
      drainBody(req, res);
      refuse(res, passed.id, passed.refusal);
    }
  };
}

function refuse(res: Parameters<RequestListener>[1], id: string, refusal: GateRefusal): void {
  if (refusal.kind === 'page') {
    const { status, title, detail } = refusal;
    return sendPage(res, status, noticePage({ brand: undefined, title, detail, requestId: id }));
  }
  if (refusal.location !== undefined) return redirect(res, 308, refusal.location);
  const detail = 'It was sent without encryption, so that anybody on the way could read it. Use https.';
  sendPage(res, 403, noticePage({ brand: undefined, title: 'This request was not accepted', detail, requestId: id }));
}

const isPage = (url = '/'): boolean => /^\/(?:[?]|$|assets\/|interaction\/)/i.test(url);

/** Everything that is no page of ours: SAML, OpenID Connect, nobody. */
function createProtocolRoutes(parts: WebParts): RequestListener {
  const fail = createFailing(parts);
  return (req, res) => {
    const { tenant } = factsOf(req);
    const end = (error?: unknown): void => fail(req, res, error);
    parts.saml.handler(tenant)(req, res, error => {
      if (error !== undefined) return end(error);
      allowForms(res, ANY_APPLICATION);
      parts.oidc.handler(tenant)(req, res, end);
    });
  };
}

type Failing = (req: IncomingMessage, res: ServerResponse, error: unknown) => void;

/** The end of a request that nobody served; without an error, of one that nobody knows. */
function createFailing({ log }: WebParts): Failing {
  return (req, res, error) => {
    const { id, tenant } = factsOf(req);
    const failure = error === undefined ? NOT_FOUND : failureOf(error);
    if (failure.status >= 500) log.error({ err: error, requestId: id, tenant: tenant.document.uid }, failure.title);
    if (res.headersSent) res.destroy();
    else sendFailure({ req, res, id, tenant }, failure);
  };
}

function createPages(parts: WebParts, protocols: RequestListener): Express {
  const fail = createFailing(parts);
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.enable('case sensitive routing');
  app.get('/assets/:hash/:file', asset);
  app.get('/', home);
  app.use('/interaction', interactionRoutes(parts));
  app.use((req, res) => protocols(req, res));
  // Express knows an error handler by its four parameters.
  const onError: ErrorRequestHandler = (error, req, res, _next) => fail(req, res, error);
  app.use(onError);
  return app;
}

const asset: RequestHandler = (req, res, next) => {
  if (!serveAsset(req, res, String(req.params.file), req.path)) next();
};

const home: RequestHandler = (req, res) => {
  const { tenant } = factsOf(req);
  const brand = brandOf(tenant);
  if (tenant.document.paused) return sendPage(res, 503, pausedPage(brand));
  sendPage(res, 200, homePage(brand));
};
