import { createSecureContext, type SecureContext } from 'node:tls';
import type { Tenant } from '#idp/tenants/tenant.ts';

/**
 * One secure context a tenant, built when its host is first asked for, replaced when the certificate changes, and
 * bounded: a context costs some 30 KiB and a millisecond, so that ten thousand at once are never wanted.
 */

const DEFAULT_CONTEXTS = 1_000;

interface Held {
  certificate: NonNullable<Tenant['certificate']>;
  context: SecureContext;
}

export class CertificateContexts {
  private readonly limit: number;
  /** Least recently used first. */
  private readonly held = new Map<string, Held>();

  constructor(limit: number = DEFAULT_CONTEXTS) {
    this.limit = limit;
  }

  /** undefined: this tenant shows no certificate here. */
  contextOf(tenant: Tenant): SecureContext | undefined {
    const { certificate } = tenant;
    const host = tenant.document.domain;
    if (certificate === null) return undefined;
    const held = this.held.get(host);
    const fresh = held !== undefined && isSame(held.certificate, certificate) ? held : build(certificate);
    this.held.delete(host);
    this.held.set(host, fresh);
    for (const oldest of this.held.keys()) {
      if (this.held.size <= this.limit) break;
      this.held.delete(oldest);
    }
    return fresh.context;
  }
}

function isSame(a: Held['certificate'], b: Held['certificate']): boolean {
  return a === b || (a.cert === b.cert && a.key === b.key);
}

/** A context switches key and certificate only; suites, versions and tickets are a matter of the server. */
function build(certificate: Held['certificate']): Held {
  return { certificate, context: createSecureContext(certificate) };
}
