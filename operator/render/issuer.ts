import { ENDPOINTS } from '#crds/schema/endpoints.ts';

/** Addresses that people and applications see. */

export function issuerOf(domain: string, publicPort: number): string {
  return publicPort === 443 ? `https://${domain}` : `https://${domain}:${publicPort}`;
}

export function endpointsOf(issuer: string): Record<keyof typeof ENDPOINTS, string> {
  const entries = Object.entries(ENDPOINTS).map(([name, path]) => [name, issuer + path]);
  return Object.fromEntries(entries) as Record<keyof typeof ENDPOINTS, string>;
}
