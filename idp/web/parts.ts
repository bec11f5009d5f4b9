import type { Login } from '#idp/login/index.ts';
import type { Oidc } from '#idp/oidc/index.ts';
import type { SourcesOf } from '#idp/sources/index.ts';
import type { Registry } from '#idp/tenants/tenant.ts';
import type { TrustedProxies } from './proxies.ts';

/** What the web room needs from the others. */

interface Log {
  error(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** One thing that somebody may have to answer for later. Never a password, token or cookie. */
export interface AuditEvent {
  event: 'sign-in' | 'consent' | 'decline';
  outcome: 'success' | 'failure';
  reason?: string;
  /** `namespace/name`. */
  tenant: string;
  clientId: string;
  subject?: string;
  source?: string;
  /** Who was tried, keyed per tenant: people type passwords into the wrong field. */
  accountHash?: string;
  methods?: string[];
  ip: string;
  requestId: string;
}

interface Observer {
  audit(event: AuditEvent): void;
  signIn(tenant: string, outcome: string): void;
  answered(request: { method: string; status: number; seconds: number }): void;
}

export interface WebParts {
  registry: Registry;
  trusted: TrustedProxies;
  oidc: Oidc;
  login: Login;
  sourcesOf: SourcesOf;
  observer: Observer;
  log: Log;
}
