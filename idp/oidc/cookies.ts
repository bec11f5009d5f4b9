import Keygrip from 'keygrip';
import type { Configuration } from 'oidc-provider';
import type { TenantKeys } from '#crds/schema/live-config.ts';

/**
 * `__Host-` where the path is `/`, else `__Secure-`: no other host can plant them, and no plain-HTTP page. Lax, never
 * None (cross-site POSTs bring no cookie, and must not need one).
 */
export function cookies(keys: TenantKeys): NonNullable<Configuration['cookies']> {
  const shared = { httpOnly: true, secure: true, sameSite: 'lax', overwrite: true } as const;
  const signing = keys.cookies.map(key => Buffer.from(key, 'base64url'));
  return {
    names: { session: '__Host-sso', interaction: '__Secure-sso-question', resume: '__Secure-sso-resume' },
    long: { ...shared, path: '/' },
    short: shared,
    keys: new Keygrip(signing as unknown as string[], 'sha256', 'base64'),
  };
}
