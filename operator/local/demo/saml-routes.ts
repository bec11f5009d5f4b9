import { randomBytes } from 'node:crypto';
import type { Profile } from '@node-saml/node-saml';
import { failurePage } from './frame.ts';
import { samlPersonHref, samlPersonPage, samlSignInHref } from './saml-pages.ts';
import { type DemoSamlClient, SAML_PATHS, type SamlMessage } from './saml-sign-in.ts';
import { cookieOf, remember } from './sessions.ts';
import {
  formOf,
  type Route,
  reasonOf,
  redirect,
  send,
  sendNotBegunHere,
  sendUnknownApplication,
  type Visit,
} from './visit.ts';

/** The service provider of the demo app: sign-in, what it was told, and logout from either side. */

/** The client that the request names, if it is known. */
interface SamlVisit extends Visit {
  client: DemoSamlClient;
}

/** Characters. A response with two signatures has some 15,000. */
const LARGEST_MESSAGE = 200_000;

export const SAML_ROUTES: Readonly<Record<string, Route>> = {
  'GET /saml/sign-in': visit => withClient(visit, visit.url.searchParams.get('client'), begin),
  [`POST ${SAML_PATHS.acs}`]: async ({ app, req, res }) => {
    const ticket = app.inbox.put(await formOf(req, LARGEST_MESSAGE));
    redirect(res, `/saml/arrived?${new URLSearchParams({ ticket }).toString()}`);
  },
  'GET /saml/arrived': arrive,
  'GET /saml/person': visit => withClient(visit, visit.url.searchParams.get('client'), showPerson),
  'POST /saml/sign-out': async visit => withClient(visit, (await formOf(visit.req)).get('client'), signOut),
  [`GET ${SAML_PATHS.slo}`]: visit =>
    hearLogout(visit, { fields: visit.url.searchParams, query: visit.url.search.slice(1) }),
  [`POST ${SAML_PATHS.slo}`]: async visit => hearLogout(visit, { fields: await formOf(visit.req, LARGEST_MESSAGE) }),
  [`GET ${SAML_PATHS.metadata}`]: async ({ app, res }) => {
    const text = await app.provider.metadata();
    res.writeHead(200, { 'content-type': 'application/samlmetadata+xml; charset=utf-8' }).end(text);
  },
};

function withClient(
  visit: Visit,
  key: string | null,
  then: (visit: SamlVisit) => Promise<void> | void,
): Promise<void> | void {
  const client = visit.samlClients.find(client => client.key === key);
  return client === undefined ? sendUnknownApplication(visit.res) : then({ ...visit, client });
}

async function begin({ app, url, res, session, client }: SamlVisit): Promise<void> {
  const relay = randomBytes(24).toString('base64url');
  const forceAuthn = url.searchParams.get('again') === 'true';
  const address = await app.provider.begin(client, relay, { forceAuthn });
  const own = session ?? app.sessions.open();
  remember(own.saml.pending, relay, { clientKey: client.key });
  redirect(res, address, cookieOf(own));
}

async function arrive({ app, url, res, session, samlClients }: Visit): Promise<void> {
  const form = app.inbox.take(url.searchParams.get('ticket') ?? '');
  const relay = form?.get('RelayState') ?? '';
  const check = session?.saml.pending.get(relay);
  const client = samlClients.find(({ key }) => key === check?.clientKey);
  if (form === undefined || session === undefined || client === undefined) return sendNotBegunHere(res);
  session.saml.pending.delete(relay);
  try {
    const person = await app.provider.finish(client, form);
    const own = app.sessions.afterSignIn(session);
    own.saml.signedIn.set(client.key, person);
    redirect(res, samlPersonHref(client), cookieOf(own));
  } catch (error) {
    const page = failurePage(`No sign-in to ${client.application}`, reasonOf(error), samlSignInHref(client));
    send(res, 400, page);
  }
}

function showPerson({ res, session, client }: SamlVisit): void {
  const signedIn = session?.saml.signedIn.get(client.key);
  if (signedIn === undefined) return redirect(res, '/');
  // Its form leads past every application of the session, and Chrome holds each of these redirects against form-action.
  const policy = String(res.getHeader('content-security-policy')).replace(
    /form-action .*/,
    "form-action 'self' https:",
  );
  res.setHeader('content-security-policy', policy);
  send(res, 200, samlPersonPage(client, signedIn));
}

async function signOut({ app, res, session, client }: SamlVisit): Promise<void> {
  const signedIn = session?.saml.signedIn.get(client.key);
  session?.saml.signedIn.delete(client.key);
  if (signedIn === undefined) redirect(res, '/');
  else redirect(res, await app.provider.signOut(client, signedIn.profile));
}

/** Without a look at the cookie: whoever is meant stands in the message, and may be in another browser. */
async function hearLogout(visit: Visit, message: SamlMessage): Promise<void> {
  const { app, res, samlClients } = visit;
  const { client, request } = await readLogout(visit, message);
  if (request === undefined) return redirect(res, '/');
  const ofSender = new Set(samlClients.filter(({ idp }) => idp.entityId === client.idp.entityId).map(({ key }) => key));
  const [ended] = app.sessions.endSaml(
    (key, { nameId, sessionIndex }) =>
      ofSender.has(key) &&
      nameId === request.nameID &&
      (request.sessionIndex === undefined || request.sessionIndex === sessionIndex),
  );
  // One that is not known is over already, perhaps by a restart: nobody is left signed in, so that is a success, too.
  const answering = samlClients.find(({ key }) => key === ended) ?? client;
  redirect(res, await app.provider.answerLogout(answering, request, message.fields.get('RelayState') ?? ''));
}

interface HeardLogout {
  client: DemoSamlClient;
  request: Profile | undefined;
}

/** The message says who sent it, but only once it is checked: so each tenant's certificates are tried. */
async function readLogout({ app, samlClients }: Visit, message: SamlMessage): Promise<HeardLogout> {
  const senders = [...new Map(samlClients.map(client => [client.idp.entityId, client])).values()];
  const failures: unknown[] = [];
  for (const client of senders) {
    try {
      return { client, request: await app.provider.readLogout(client, message) };
    } catch (failure) {
      failures.push(failure);
    }
  }
  throw new Error('nobody that this app knows sent this logout message', { cause: failures[0] });
}
