import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Provider } from 'oidc-provider';
import { ENDPOINTS } from '#crds/schema/endpoints.ts';
import type { SamlClientDocument } from '#crds/schema/live-config.ts';
import type { AuthenticationEvent } from '#idp/login/door.ts';
import type { Participant } from '#idp/logout/participants.ts';
import type { Person } from '#idp/sources/source.ts';
import type { Tenant } from '#idp/tenants/tenant.ts';
import { findPerson } from './accounts.ts';
import { findApplication, samlClientId, samlRedirectUri } from './applications.ts';
import { endSession } from './ending.ts';
import { sessionEndsAt } from './lifetimes.ts';
import type { TenantScope } from './needs.ts';
import { participantsOf } from './participants.ts';
import type { SessionPayload } from './session-merge.ts';
import { SessionRecords } from './session-records.ts';

/**
 * The way in and out for SAML (DESIGN decision 7), over the same sessions as those of OpenID Connect. Sign-in is the
 * authorization endpoint with response_type=none (OAuth 2.0 Multiple Response Types, section 4): it asks whatever has to
 * be asked and gives out nothing. What came of it is read from the session, never from an address.
 *
 *   <tenant>/SamlSession/<clientId>/<sid>    { sessionUid }: the session that an application knows by this index
 */

interface SignInWish {
  forceAuthn: boolean;
  isPassive: boolean;
  /** acr values that would do, best first; empty: any. */
  contexts: readonly string[];
  /** Comes back as `state`, with `error` where no sign-in came about. */
  relay: string;
}

interface SignedIn {
  person: Person;
  event: AuthenticationEvent;
  sessionIndex: string;
  /** Epoch seconds. */
  expiresAt: number;
}

/** Fits the interface of the same name that idp/saml states. Throws StoreUnavailable. */
export interface SamlDoor {
  start(tenant: Tenant, client: SamlClientDocument, wish: SignInWish): Promise<string>;
  /** undefined: nobody is signed in, the session has ended, the person is gone, or the tenant is paused. */
  current(
    tenant: Tenant,
    client: SamlClientDocument,
    exchange: { req: IncomingMessage; res: ServerResponse },
  ): Promise<SignedIn | undefined>;
  /** SAML applications left to tell: those of the session without the one that asked. Empty when it was over already. */
  end(tenant: Tenant, session: { entityId: string; sessionIndex: string }): Promise<Participant[]>;
}

interface House {
  provider: Provider;
  scope: TenantScope;
}

export function createSamlDoor(open: (tenant: Tenant) => House): SamlDoor {
  return {
    start: (tenant, client, wish) => Promise.resolve(signInAddress(tenant, client, wish)),
    async current(asked, client, { req, res }) {
      const { provider, scope } = open(asked);
      const { uid, accountId } = await provider.Session.get(provider.createContext(req, res));
      return accountId === undefined ? undefined : join(scope, samlClientId(client), uid);
    },
    end: (asked, session) => end(open(asked), session),
  };
}

function signInAddress(tenant: Tenant, client: SamlClientDocument, wish: SignInWish): string {
  const url = new URL(tenant.document.issuer + ENDPOINTS.authorization);
  url.search = new URLSearchParams({
    client_id: samlClientId(client),
    redirect_uri: samlRedirectUri(tenant),
    response_type: 'none',
    scope: 'openid',
    state: wish.relay,
    ...promptFor(wish),
    ...(wish.contexts.length === 0 ? {} : { acr_values: wish.contexts.join(' ') }),
  }).toString();
  return url.href;
}

/** Both at once cannot be met: asking nobody finds an old sign-in, and whoever wanted a new one refuses that. */
function promptFor({ isPassive, forceAuthn }: SignInWish): { prompt?: 'none' | 'login' } {
  if (isPassive) return { prompt: 'none' };
  return forceAuthn ? { prompt: 'login' } : {};
}

/** Everything is judged by the record as it lies there after the application has joined, not by what was read before. */
async function join(scope: TenantScope, clientId: string, sessionUid: string): Promise<SignedIn | undefined> {
  const tenant = scope.current();
  if (tenant === undefined || !isOpen(tenant, clientId)) return undefined;
  const session = await new SessionRecords(scope).join(sessionUid, clientId);
  const sessionIndex = session?.authorizations?.[clientId]?.sid;
  const signIn = session && (await signInOf(session, tenant, scope));
  if (signIn === undefined || sessionIndex === undefined) return undefined;
  const ttl = signIn.expiresAt - secondsNow(scope);
  await scope.store.write(keyOf(scope, clientId, sessionIndex), { sessionUid }, { ttl });
  return { ...signIn, sessionIndex };
}

function isOpen(tenant: Tenant, clientId: string): boolean {
  return !tenant.document.paused && findApplication(tenant, clientId)?.enabled === true;
}

async function signInOf(
  { accountId, loginTs, amr = [] }: SessionPayload,
  tenant: Tenant,
  scope: TenantScope,
): Promise<Omit<SignedIn, 'sessionIndex'> | undefined> {
  if (accountId === undefined || loginTs === undefined) return undefined;
  const expiresAt = sessionEndsAt(tenant, loginTs);
  const person = await findPerson(scope, accountId);
  if (person === undefined || expiresAt <= secondsNow(scope)) return undefined;
  const { subject, source } = person;
  const methods = amr.map(method => ({ amr: method, at: loginTs }));
  return { person, event: { subject, source, methods, at: loginTs }, expiresAt };
}

function secondsNow({ now }: TenantScope): number {
  return Math.floor(now() / 1000);
}

async function end(
  { provider, scope }: House,
  { entityId, sessionIndex }: { entityId: string; sessionIndex: string },
): Promise<Participant[]> {
  const tenant = scope.current();
  const client = tenant?.samlClients.get(entityId);
  if (client === undefined) return [];
  const pointer = await scope.store.read(keyOf(scope, samlClientId(client), sessionIndex));
  const uid = pointer?.value['sessionUid'];
  if (typeof uid !== 'string') return [];
  const last = await endSession(provider, new SessionRecords(scope), uid);
  return participantsOf(tenant, last).filter(
    ({ protocol, application }) => protocol === 'saml' && application !== entityId,
  );
}

function keyOf({ uid }: TenantScope, clientId: string, sessionIndex: string): string {
  return `${uid}/SamlSession/${clientId}/${sessionIndex}`;
}
