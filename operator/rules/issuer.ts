import type { Verdict } from '#crds/schema/conditions.ts';
import type { IssuerRef } from '#crds/schema/sso-tenant.ts';
import { bad } from './verdict.ts';

/** Owns which issuers of cert-manager tenants may name: those that the operator's settings list, and no other. */

/** `Kind/name`. */
export type Issuers = ReadonlySet<string>;

const ENTRY = /^(ClusterIssuer|Issuer)\/[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/;

/** `Kind/name` entries, separated by commas or spaces. Throws a TypeError that names the entry. */
export function parseIssuers(text: string): Issuers {
  const entries = text.split(/[\s,]+/).filter(entry => entry !== '');
  const wrong = entries.find(entry => !ENTRY.test(entry));
  if (wrong !== undefined)
    throw new TypeError(`issuer ${JSON.stringify(wrong)} is not of the form ClusterIssuer/name or Issuer/name`);
  return new Set(entries);
}

/** undefined: it may be used. */
export function refuseIssuer(issuers: Issuers, { kind, name }: IssuerRef): Verdict | undefined {
  const wanted = `${kind}/${name}`;
  if (issuers.has(wanted)) return undefined;
  const allowed = issuers.size === 0 ? 'allows none yet' : `allows ${[...issuers].join(', ')}`;
  return bad('IssuerNotAllowed', `The operator's setting SSO_ISSUERS ${allowed}; ${wanted} is not among them.`);
}
