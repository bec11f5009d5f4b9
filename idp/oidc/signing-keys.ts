import type { JWK, SigningAlgorithm } from 'oidc-provider';
import type { TenantKeys } from '#crds/schema/live-config.ts';

/**
 * The tenant's key set. The library signs with the first key of an algorithm, and publishes all: so Current comes
 * first, Next is only announced, Retiring only still published.
 */

const ORDER = { Current: 0, Next: 1, Retiring: 2 } as const;

export function keySet({ signing }: TenantKeys): { keys: JWK[] } {
  const sorted = signing.toSorted((a, b) => ORDER[a.state] - ORDER[b.state]);
  return { keys: sorted.map(({ jwk }) => ({ ...jwk, use: 'sig' })) };
}

/** What is advertised: the algorithms that a Current key can sign. */
export function signingAlgorithms({ signing }: TenantKeys): SigningAlgorithm[] {
  const current = signing.filter(({ state }) => state === 'Current').map(({ jwk }) => jwk.alg as SigningAlgorithm);
  return [...new Set(current)];
}
