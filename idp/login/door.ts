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
  /** Where the application lives: the way back for a person who does not want to go on. */
  applicationUrl?: string;
}

/** The question was answered already, has expired, or is of another browser or tenant. */
export class QuestionGone extends Error {
  readonly code = 'QuestionGone';
}

export interface Door {
  /**
   * The question that this browser was sent to `/interaction/<uid>` with.
   * undefined: expired, answered already, of another browser or of another tenant.
   */
  question(tenant: Tenant, req: IncomingMessage, res: ServerResponse): Promise<Question | undefined>;
  /**
   * For the uid of a question that is gone: the application that asked, and its address, where a person begins anew.
   * Known for a day, whoever asks; it tells nothing about a person.
   */
  wayBack(tenant: Tenant, uid: string): Promise<{ displayName: string; applicationUrl: string } | undefined>;
  /** Each answer ends the response with a redirect back into the protocol; throws QuestionGone. */
  signedIn(tenant: Tenant, req: IncomingMessage, res: ServerResponse, event: AuthenticationEvent): Promise<void>;
  consented(tenant: Tenant, req: IncomingMessage, res: ServerResponse): Promise<void>;
  declined(tenant: Tenant, req: IncomingMessage, res: ServerResponse, reason: string): Promise<void>;
}
