import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SamlClientDocument } from '#crds/schema/live-config.ts';
import type { AuthenticationEvent } from '#idp/login/door.ts';
import type { Participant } from '#idp/logout/participants.ts';
import type { Person } from '#idp/sources/source.ts';
import type { Store } from '#idp/storage/store.ts';
import type { Tenant } from '#idp/tenants/tenant.ts';

/** What the room needs from the others. It knows no protocol but its own, so each is an interface stated here. */

export interface SamlNeeds {
  clients: SamlClients;
  door: SamlDoor;
  store: Store;
  /** May this person use this application? The rule is that of idp/login. */
  admits: (client: SamlClientDocument, person: Person) => boolean;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** 256 bits from the system, base64url. */
  newSecret: () => string;
}

/** The SAML applications of a tenant as of now: ask again each time. */
export interface SamlClients {
  byEntityId(tenant: Tenant, entityId: string): SamlClientDocument | undefined;
}

/** A browser that stands before us. */
export interface Exchange {
  req: IncomingMessage;
  res: ServerResponse;
}

export interface SignInWish {
  forceAuthn: boolean;
  isPassive: boolean;
  /** Classes of the standard that would do, best first; empty: any. */
  contexts: readonly string[];
  /** Comes back as `state` at {@link CONTINUE_PATH}, with `error` where no sign-in came about. */
  relay: string;
}

/** The one session of a person at a tenant, seen from one application. */
export interface SignedIn {
  person: Person;
  event: AuthenticationEvent;
  /** Of this application and no other; ends with the session. */
  sessionIndex: string;
  /** Epoch seconds. */
  expiresAt: number;
}

/**
 * The way in and out, which idp/oidc offers over its own sessions (one sign-in and one logout for both protocols).
 * Throws StoreUnavailable.
 */
export interface SamlDoor {
  /** An address of this tenant to send the browser to. It comes back to {@link CONTINUE_PATH}, whatever happened. */
  start(tenant: Tenant, client: SamlClientDocument, wish: SignInWish): Promise<string>;
  /** Whoever is signed in at this browser; undefined: nobody. The application joins the session. */
  current(tenant: Tenant, client: SamlClientDocument, exchange: Exchange): Promise<SignedIn | undefined>;
  /** Ends the session that an application knows by this index, tells its OIDC clients, names the SAML ones left to tell. */
  end(tenant: Tenant, session: { entityId: string; sessionIndex: string }): Promise<Participant[]>;
}

export const CONTINUE_PATH = '/saml/continue';
