import type { RequestListener } from 'node:http';
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
 *   every request ──▶ gate (host, https, size) ──▶ headers ──▶ assets, home, interaction ──▶ protocol ──▶ 404, errors
 */

export function createWeb(parts: WebParts): RequestListener {
  const app = createApp(parts);
  return (req, res) => {
    const started = performance.now();
    res.once('close', () => {
      const seconds = (performance.now() - started) / 1000;
      parts.observer.answered({ method: req.method ?? '', status: res.statusCode, seconds });
    });
    const passed = passGate(req, parts);
    res.setHeader('X-Request-Id', passed.ok ? factsOf(req).id : passed.id);
    setSecurityHeaders(req, res, passed.ok ? passed.tenant.document.domain : '.localhost');
    if (passed.ok) app(req, res);
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

function createApp(parts: WebParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.enable('case sensitive routing');
  app.get('/assets/:hash/:file', asset);
  app.get('/', home);
  app.use('/interaction', interactionRoutes(parts));
  app.use((req, res, next) => parts.saml.handler(factsOf(req).tenant)(req, res, next));
  app.use((req, res, next) => {
    allowForms(req, res, ANY_APPLICATION);
    parts.oidc.handler(factsOf(req).tenant)(req, res, next);
  });
  app.use((req, res) => sendFailure({ req, res, ...factsOf(req) }, NOT_FOUND));
  app.use(onError(parts));
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

function onError({ log }: WebParts): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return (error: unknown, req, res, _next) => {
    const { id, tenant } = factsOf(req);
    const failure = failureOf(error);
    if (failure.status >= 500) log.error({ err: error, requestId: id, tenant: tenant.document.uid }, failure.title);
    if (res.headersSent) res.destroy();
    else sendFailure({ req, res, id, tenant }, failure);
  };
}
