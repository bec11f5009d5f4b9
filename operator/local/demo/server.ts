import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { failurePage } from './frame.ts';
import { type Entry, homePage } from './home-page.ts';
import { claimsHref, claimsPage, personOf, signInHref } from './pages.ts';
import { SamlInbox } from './saml-inbox.ts';
import { samlPersonHref, samlPersonOf, samlSignInHref } from './saml-pages.ts';
import { SAML_ROUTES } from './saml-routes.ts';
import { type DemoSamlClient, serviceProvider } from './saml-sign-in.ts';
import { cookieOf, DemoSessions, remember } from './sessions.ts';
import { type DemoClient, relyingParty } from './sign-in.ts';
import { STYLE } from './style.ts';
import {
  type App,
  formOf,
  type Route,
  reasonOf,
  redirect,
  send,
  sendNotBegunHere,
  sendUnknownApplication,
  type Visit,
} from './visit.ts';

/**
 * The demo app: a small application that signs in at every tenant it is given, over OpenID Connect and SAML, and shows
 * what it was told. It knows the identity provider only through these, and stands in for anybody's application.
 */

export interface DemoOptions {
  /** Asked for each request, so that changed credentials work at once. */
  clients: () => Promise<readonly DemoClient[]>;
  samlClients?: () => Promise<readonly DemoSamlClient[]>;
  /** 0: any free one. Loopback only. */
  port: number;
  /** PEM, for the host of the origin. */
  certificate: { cert: string; key: string };
  /** PEM; trusted for calls to the identity provider. */
  ca: string;
  /** Default: demo.localhost. */
  host?: string;
}

export interface Demo extends AsyncDisposable {
  /** Such as `https://demo.localhost:8444`; the redirect URI is `<origin>/callback`, the SAML one `<origin>/saml/acs`. */
  origin: string;
}

export async function startDemo(options: DemoOptions): Promise<Demo> {
  const { certificate, host = 'demo.localhost' } = options;
  const server = createServer({ ...certificate, minVersion: 'TLSv1.2' }).listen(options.port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : options.port;
  const origin = `https://${host}:${port}`;
  const app: App = {
    origin,
    sessions: new DemoSessions(),
    party: relyingParty(origin, options.ca),
    provider: serviceProvider(origin),
    inbox: new SamlInbox(),
  };
  server.on('request', (req, res) => void respond(app, options, { req, res }));
  return {
    origin,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** The client that the request names, if it is known. */
interface ClientVisit extends Visit {
  client: DemoClient;
}

const ROUTES: Readonly<Record<string, Route>> = {
  'GET /': visit => send(visit.res, 200, homePage([...oidcEntries(visit), ...samlEntries(visit)])),
  'GET /style.css': ({ res }) => {
    res.setHeader('content-type', 'text/css; charset=utf-8');
    res.end(STYLE);
  },
  'GET /sign-in': visit => withClient(visit, visit.url.searchParams.get('client'), begin),
  'GET /callback': callback,
  'GET /claims': visit => withClient(visit, visit.url.searchParams.get('client'), showClaims),
  'POST /sign-out': async visit => withClient(visit, (await formOf(visit.req)).get('client'), signOut),
  ...SAML_ROUTES,
};

async function respond(
  app: App,
  { clients, samlClients = async () => [] }: DemoOptions,
  { req, res }: { req: IncomingMessage; res: ServerResponse },
): Promise<void> {
  try {
    const url = new URL(req.url ?? '/', app.origin);
    const known = { clients: await clients(), samlClients: await samlClients() };
    secure(res, known.clients);
    const route = ROUTES[`${req.method} ${url.pathname}`];
    const session = app.sessions.find(req.headers.cookie);
    if (route === undefined) send(res, 404, failurePage('Not found', `There is no page ${url.pathname}.`));
    else await route({ app, url, req, res, session, ...known });
  } catch (error) {
    send(res, 502, failurePage('That did not work', reasonOf(error)));
  }
}

/** The form of the sign-out is redirected to the tenant, and Chrome holds redirects against form-action, too. */
function secure(res: ServerResponse, clients: readonly DemoClient[]): void {
  const issuers = [...new Set(clients.map(({ issuer }) => issuer))].join(' ');
  const policy = `default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' ${issuers}`;
  res.setHeader('content-security-policy', policy);
  res.setHeader('x-content-type-options', 'nosniff');
  res.setHeader('referrer-policy', 'no-referrer');
  res.setHeader('cache-control', 'no-store');
}

function oidcEntries({ clients, session }: Visit): Entry[] {
  return clients.map(client => {
    const { application, tenant, issuer, clientId } = client;
    const entry = { application, tenant, issuer, identifier: clientId, signInHref: signInHref(client) };
    const person = session?.oidc.signedIn.get(client.key);
    return person === undefined
      ? entry
      : { ...entry, signedIn: { person: personOf(person), href: claimsHref(client) } };
  });
}

function samlEntries({ samlClients, session }: Visit): Entry[] {
  return samlClients.map(client => {
    const { application, tenant, issuer, entityId } = client;
    const entry = { application, tenant, issuer, identifier: `SAML · ${entityId}`, signInHref: samlSignInHref(client) };
    const person = session?.saml.signedIn.get(client.key);
    return person === undefined
      ? entry
      : { ...entry, signedIn: { person: samlPersonOf(person), href: samlPersonHref(client) } };
  });
}

function withClient(
  visit: Visit,
  key: string | null,
  then: (visit: ClientVisit) => Promise<void>,
): Promise<void> | void {
  const client = visit.clients.find(client => client.key === key);
  return client === undefined ? sendUnknownApplication(visit.res) : then({ ...visit, client });
}

async function begin({ app, res, session, client }: ClientVisit): Promise<void> {
  const { url, check } = await app.party.begin(client);
  const own = session ?? app.sessions.open();
  remember(own.oidc.pending, check.state, check);
  redirect(res, url.href, cookieOf(own));
}

async function callback({ app, url, res, session, clients }: Visit): Promise<void> {
  const check = session?.oidc.pending.get(url.searchParams.get('state') ?? '');
  const client = clients.find(({ key }) => key === check?.clientKey);
  if (session === undefined || check === undefined || client === undefined) return sendNotBegunHere(res);
  session.oidc.pending.delete(check.state);
  try {
    const person = await app.party.finish(client, url, check);
    const own = app.sessions.afterSignIn(session);
    own.oidc.signedIn.set(client.key, person);
    redirect(res, claimsHref(client), cookieOf(own));
  } catch (error) {
    send(res, 400, failurePage(`No sign-in to ${client.application}`, reasonOf(error), signInHref(client)));
  }
}

async function showClaims({ res, session, client }: ClientVisit): Promise<void> {
  const signedIn = session?.oidc.signedIn.get(client.key);
  if (signedIn === undefined) redirect(res, '/');
  else send(res, 200, claimsPage(client, signedIn));
}

async function signOut({ app, res, session, client }: ClientVisit): Promise<void> {
  const signedIn = session?.oidc.signedIn.get(client.key);
  session?.oidc.signedIn.delete(client.key);
  if (signedIn === undefined) redirect(res, '/');
  else redirect(res, (await app.party.signOut(client, signedIn.idToken)).href);
}
