import type { IncomingMessage, ServerResponse } from 'node:http';
import { SAML_ENDPOINTS } from '#crds/schema/saml-endpoints.ts';
import { idpMetadata } from '#crds/shared/pure/saml/idp-metadata.ts';
import type { Participant } from '#idp/logout/participants.ts';
import type { Tenant } from '#idp/tenants/tenant.ts';
import type { Answer } from './answer.ts';
import { POST_SCRIPT } from './auto-post.ts';
import type { Received } from './bindings/binding.ts';
import { BINDINGS } from './bindings/index.ts';
import { resume } from './continue.ts';
import { cookiesOf, formOf, pathOf, queryOf, sendAnswer, sendText } from './http.ts';
import { receiveLogout, tellParticipants } from './logout.ts';
import { CONTINUE_PATH, type SamlNeeds } from './needs.ts';
import { receive } from './receive.ts';
import { scopeOf } from './scope.ts';

/**
 * SAML 2.0, and the only room that knows it. Owns what is believed of a message, what is asserted of a person, and who is
 * told of a logout. It is a relying party inside the house: people sign in through a door (needs.ts) that another room
 * offers, and it must not know how, nor how a page looks, nor which host belongs to which tenant.
 *
 *   application -> /saml/sso: accept -> park -> 303 door ... sign-in ... -> /saml/continue: take -> judge -> form -> application
 */

type Next = (error?: unknown) => void;

export interface Saml {
  /**
   * Serves the SAML paths of a tenant; the body must not have been read. `next()`: not one of them. `next(error)`: nothing
   * was sent; a SamlError (`code`, `status`, a message for the person, perhaps `entityId`) or StoreUnavailable.
   */
  handler(tenant: Tenant): (req: IncomingMessage, res: ServerResponse, next: Next) => void;
  /**
   * For a logout that began elsewhere, after the session has ended: takes the browser past these applications and then to
   * `returnTo`, an address of ours (null: the page that says so). Ends the response. Throws SamlError, StoreUnavailable.
   */
  tell(
    tenant: Tenant,
    participants: readonly Participant[],
    to: { returnTo: string | null; res: ServerResponse },
  ): Promise<void>;
}

export interface SamlRoomNeeds extends SamlNeeds {
  /** A whole page that says that the person is signed out. */
  signedOutPage(tenant: Tenant): string;
}

interface Visit {
  tenant: Tenant;
  req: IncomingMessage;
  res: ServerResponse;
  needs: SamlRoomNeeds;
}

type Route = (visit: Visit) => Promise<void> | void;

const ROUTES: Readonly<Record<string, Route>> = {
  [`GET ${SAML_ENDPOINTS.metadata}`]: visit => serveMetadata(visit),
  // HEAD only where nothing happens: a message that a scanner of links asks for must not be used up.
  [`HEAD ${SAML_ENDPOINTS.metadata}`]: visit => serveMetadata(visit),
  [`GET ${POST_SCRIPT.path}`]: visit => serveScript(visit),
  [`GET ${SAML_ENDPOINTS.singleSignOn}`]: visit => signOn(visit, fromQuery(visit)),
  [`POST ${SAML_ENDPOINTS.singleSignOn}`]: async visit => signOn(visit, await fromForm(visit)),
  [`GET ${CONTINUE_PATH}`]: visit => goOn(visit),
  [`GET ${SAML_ENDPOINTS.singleLogout}`]: visit => logout(visit, fromQuery(visit), 'Redirect'),
  [`POST ${SAML_ENDPOINTS.singleLogout}`]: async visit => logout(visit, await fromForm(visit), 'POST'),
};

export function createSaml(needs: SamlRoomNeeds): Saml {
  return {
    handler: tenant => (req, res, next) => {
      const route = ROUTES[`${req.method} ${pathOf(req)}`];
      if (route === undefined) return next();
      const visit = { tenant, req, res, needs };
      void serve(route, visit, next);
    },
    tell: async (tenant, participants, { returnTo, res }) =>
      send({ tenant, res, needs }, await tellParticipants(participants, returnTo, scopeOf(tenant, needs))),
  };
}

async function serve(route: Route, visit: Visit, next: Next): Promise<void> {
  try {
    await route(visit);
  } catch (error) {
    next(error);
  }
}

function fromQuery({ req }: Visit): Received {
  return BINDINGS.Redirect.decode(queryOf(req));
}

async function fromForm({ req }: Visit): Promise<Received> {
  return BINDINGS.POST.decode(await formOf(req));
}

async function signOn(visit: Visit, received: Received): Promise<void> {
  send(visit, await receive(received, scopeOf(visit.tenant, visit.needs)));
}

async function goOn(visit: Visit): Promise<void> {
  const { tenant, req, res, needs } = visit;
  const query = new URLSearchParams(queryOf(req));
  const back = {
    id: query.get('state') ?? '',
    error: query.get('error') ?? undefined,
    cookies: cookiesOf(req),
    exchange: { req, res },
  };
  send(visit, await resume(back, scopeOf(tenant, needs)));
}

async function logout(visit: Visit, received: Received, binding: 'POST' | 'Redirect'): Promise<void> {
  send(visit, await receiveLogout(received, binding, scopeOf(visit.tenant, visit.needs)));
}

function send({ tenant, res, needs }: Pick<Visit, 'tenant' | 'res' | 'needs'>, answer: Answer): void {
  const { displayName } = tenant.document;
  sendAnswer(res, answer, { displayName, signedOut: () => needs.signedOutPage(tenant) });
}

function serveScript({ res }: Visit): void {
  res.setHeader('cache-control', 'public, max-age=86400');
  sendText(res, 'text/javascript; charset=utf-8', POST_SCRIPT.text);
}

/** Signed once for each state of the tenant; equal bytes from every replica. */
const METADATA = new WeakMap<Tenant, string>();

function serveMetadata({ tenant, res, needs }: Visit): void {
  const { keys } = scopeOf(tenant, needs);
  const { issuer } = tenant.document;
  const text = METADATA.get(tenant) ?? idpMetadata({ issuer, certificates: keys.certificates }, keys.signing);
  METADATA.set(tenant, text);
  res.setHeader('cache-control', 'public, max-age=300');
  sendText(res, 'application/samlmetadata+xml; charset=utf-8', text);
}
