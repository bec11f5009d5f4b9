import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { claimsPage, failurePage, homePage } from './pages.ts';
import { cookieOf, type DemoSession, DemoSessions, remember } from './sessions.ts';
import { type DemoClient, type RelyingParty, relyingParty } from './sign-in.ts';
import { STYLE } from './style.ts';

/**
 * The demo app: a small relying party that signs in at every tenant it is given and shows the claims it got. It knows
 * the identity provider only through OpenID Connect, and stands in for anybody's application.
 */

export interface DemoOptions {
  /** Asked for each request, so that changed credentials work at once. */
  clients: () => Promise<readonly DemoClient[]>;
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
  /** Such as `https://demo.localhost:8444`; the redirect URI is `<origin>/callback`. */
  origin: string;
}

export async function startDemo(options: DemoOptions): Promise<Demo> {
  const { certificate, host = 'demo.localhost' } = options;
  const server = createServer({ ...certificate, minVersion: 'TLSv1.2' }).listen(options.port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : options.port;
  const origin = `https://${host}:${port}`;
  const app: App = { ...options, origin, sessions: new DemoSessions(), party: relyingParty(origin, options.ca) };
  server.on('request', (req, res) => void respond(app, req, res));
  return {
    origin,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

interface App extends DemoOptions {
  origin: string;
  sessions: DemoSessions;
  party: RelyingParty;
}

interface Visit {
  app: App;
  url: URL;
  req: IncomingMessage;
  res: ServerResponse;
  session: DemoSession | undefined;
  clients: readonly DemoClient[];
}

/** The client that the request names, if it is known. */
interface ClientVisit extends Visit {
  client: DemoClient;
}

const ROUTES: Readonly<Record<string, (visit: Visit) => Promise<void> | void>> = {
  'GET /': visit => send(visit.res, 200, homePage(visit.clients, visit.session?.signedIn ?? new Map())),
  'GET /style.css': ({ res }) => {
    res.setHeader('content-type', 'text/css; charset=utf-8');
    res.end(STYLE);
  },
  'GET /sign-in': visit => withClient(visit, visit.url.searchParams.get('client'), begin),
  'GET /callback': callback,
  'GET /claims': visit => withClient(visit, visit.url.searchParams.get('client'), showClaims),
  'POST /sign-out': async visit =>
    withClient(visit, new URLSearchParams(await smallBody(visit.req)).get('client'), signOut),
};

async function respond(app: App, req: IncomingMessage, res: ServerResponse): Promise<void> {
  try {
    const url = new URL(req.url ?? '/', app.origin);
    const clients = await app.clients();
    secure(res, clients);
    const route = ROUTES[`${req.method} ${url.pathname}`];
    const session = app.sessions.find(req.headers.cookie);
    if (route === undefined) send(res, 404, failurePage('Not found', `There is no page ${url.pathname}.`));
    else await route({ app, url, req, res, session, clients });
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

function withClient(
  visit: Visit,
  key: string | null,
  then: (visit: ClientVisit) => Promise<void>,
): Promise<void> | void {
  const client = visit.clients.find(client => client.key === key);
  if (client !== undefined) return then({ ...visit, client });
  send(visit.res, 404, failurePage('No such application', 'It is not, or no longer, one of the clients of this app.'));
}

async function begin({ app, res, session, client }: ClientVisit): Promise<void> {
  const { url, check } = await app.party.begin(client);
  const own = session ?? app.sessions.open();
  remember(own, check);
  redirect(res, url.href, cookieOf(own));
}

async function callback({ app, url, res, session, clients }: Visit): Promise<void> {
  const check = session?.pending.get(url.searchParams.get('state') ?? '');
  const client = clients.find(({ key }) => key === check?.clientKey);
  if (session === undefined || check === undefined || client === undefined)
    return send(
      res,
      400,
      failurePage('This sign-in did not begin here', 'Or it is over already. Start again from the list.'),
    );
  session.pending.delete(check.state);
  try {
    session.signedIn.set(client.key, await app.party.finish(client, url, check));
  } catch (error) {
    return send(res, 400, failurePage(`No sign-in to ${client.application}`, reasonOf(error), client.key));
  }
  const query = new URLSearchParams({ client: client.key }).toString();
  redirect(res, `/claims?${query}`, cookieOf(app.sessions.open(session)));
}

async function showClaims({ res, session, client }: ClientVisit): Promise<void> {
  const signedIn = session?.signedIn.get(client.key);
  if (signedIn === undefined) redirect(res, '/');
  else send(res, 200, claimsPage(client, signedIn));
}

async function signOut({ app, res, session, client }: ClientVisit): Promise<void> {
  const signedIn = session?.signedIn.get(client.key);
  session?.signedIn.delete(client.key);
  if (signedIn === undefined) redirect(res, '/');
  else redirect(res, (await app.party.signOut(client, signedIn.idToken)).href);
}

function redirect(res: ServerResponse, location: string, cookie?: string): void {
  if (cookie !== undefined) res.setHeader('set-cookie', cookie);
  res.writeHead(303, { location }).end();
}

function send(res: ServerResponse, status: number, page: string): void {
  res.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(page);
}

async function smallBody(req: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of req) {
    text += String(chunk);
    if (text.length > 10_000) throw new Error('the form is too large');
  }
  return text;
}

/** What the tenant answered (RFC 6749 section 4.1.2.1), else what went wrong on the way. */
function reasonOf(error: unknown): string {
  const { error_description: description, cause } = error as { error_description?: string; cause?: unknown };
  if (description !== undefined) return description;
  const first = error instanceof Error ? error.message : String(error);
  return cause instanceof Error ? `${first}: ${cause.message}` : first;
}
