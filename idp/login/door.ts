import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Tenant } from '#idp/tenants/tenant.ts';

/**
 * The one door to sign-in. A protocol room asks a person a question (sign in, or consent); the web room shows it; the
 * answer goes back through the door. idp/oidc implements it over oidc-provider's interactions.
 */

/** How somebody signed in: acr, amr, AuthnContext, certificate factors and MFA are all read from this. */
export interface AuthenticationEvent {
  subject: string;
  source: string;
  /** RFC 8176 values with the time of each, in epoch seconds. */
  methods: { amr: string; at: number }[];
  /** Epoch seconds. */
  at: number;
}

export interface Question {
  uid: string;
  prompt: 'login' | 'consent';
  application: { clientId: string; displayName: string };
  /** `login_hint` of the request. */
  loginHint?: string;
  /** Who is signed in already, if anybody. */
  subject?: string;
  /** Consent: the scopes that are newly asked for. */
  scopes: string[];
  /** The page that begins this sign-in anew, for a person who comes back too late. */
  applicationUrl?: string;
}

export interface Door {
  /** undefined: expired, answered already, of another browser or of another tenant. */
  question(tenant: Tenant, req: IncomingMessage, res: ServerResponse): Promise<Question | undefined>;
  /** Each answer ends the response with a redirect back into the protocol. */
  signedIn(tenant: Tenant, req: IncomingMessage, res: ServerResponse, event: AuthenticationEvent): Promise<void>;
  consented(tenant: Tenant, req: IncomingMessage, res: ServerResponse): Promise<void>;
  declined(tenant: Tenant, req: IncomingMessage, res: ServerResponse, reason: string): Promise<void>;
}
