import { createPrivateKey, createPublicKey, type KeyObject, type SignKeyObjectInput, sign } from 'node:crypto';
import { ExternalSigningKey, type JWK, type SigningAlgorithm } from 'oidc-provider';
import type { TenantKeys } from '#crds/schema/live-config.ts';

/**
 * The tenant's key set. The library signs with the first key of an algorithm, and publishes all: so Current comes
 * first, Next is only announced, Retiring only still published.
 */

const ORDER = { Current: 0, Next: 1, Retiring: 2 } as const;

type TenantJwk = TenantKeys['signing'][number]['jwk'];

/** How node:crypto makes the signature of a JWS (RFC 7518 sections 3.3 and 3.4). */
const SIGNATURES: Record<string, Omit<SignKeyObjectInput, 'key'>> = {
  ES256: { dsaEncoding: 'ieee-p1363' },
  RS256: {},
};

/**
 * Signs in this thread. The library's own way (WebCrypto) costs ES256 three times as much, and waits for one of libuv's
 * threads: where many sign in, those are busy with passwords for 20 ms at a time.
 */
class TenantSigningKey extends ExternalSigningKey {
  private readonly jwk: TenantJwk;
  /** Made with the first signature: most tenants sign with one of their keys only. */
  private signer: KeyObject | undefined;

  constructor(jwk: TenantJwk) {
    super();
    this.jwk = jwk;
  }

  override get kid(): string {
    return this.jwk.kid;
  }

  override get alg(): string {
    return this.jwk.alg;
  }

  override keyObject(): KeyObject {
    return createPublicKey({ key: this.jwk, format: 'jwk' });
  }

  override sign(data: Uint8Array): Uint8Array {
    this.signer ??= createPrivateKey({ key: this.jwk, format: 'jwk' });
    return sign('sha256', data, { ...SIGNATURES[this.jwk.alg], key: this.signer });
  }
}

/** Needs `features.externalSigningSupport`. */
export function keySet({ signing }: TenantKeys): { keys: (JWK | ExternalSigningKey)[] } {
  const sorted = signing.toSorted((a, b) => ORDER[a.state] - ORDER[b.state]);
  return {
    keys: sorted.map(({ jwk }) => (jwk.alg in SIGNATURES ? new TenantSigningKey(jwk) : { ...jwk, use: 'sig' })),
  };
}

/** What is advertised: the algorithms that a Current key can sign. */
export function signingAlgorithms({ signing }: TenantKeys): SigningAlgorithm[] {
  const current = signing.filter(({ state }) => state === 'Current').map(({ jwk }) => jwk.alg as SigningAlgorithm);
  return [...new Set(current)];
}
