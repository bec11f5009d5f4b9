import type { IncomingMessage } from 'node:http';
import type { Tenant } from '#idp/tenants/tenant.ts';

/** What was found out about a request at the gate, once. Nobody behind it looks at Host or X-Forwarded-* again. */

export interface RequestFacts {
  readonly id: string;
  /** Address of the person, as far as trusted proxies vouch for it. */
  readonly ip: string;
  readonly tenant: Tenant;
}

const FACTS = new WeakMap<IncomingMessage, RequestFacts>();

export function setFacts(req: IncomingMessage, facts: RequestFacts): void {
  FACTS.set(req, facts);
}

/** Throws where a route is mounted before the gate: a mistake of ours. */
export function factsOf(req: IncomingMessage): RequestFacts {
  const facts = FACTS.get(req);
  if (facts === undefined) throw new Error('a route was reached without passing the gate');
  return facts;
}
