import type { SsoTenant } from '#crds/schema/kinds.ts';
import type { TenantDocument } from '#crds/schema/live-config.ts';

/** What a tenant asks of TLS, with the defaults of the API. */
export function tlsPolicyOf({ tls }: SsoTenant['spec']): TenantDocument['tls'] {
  return { profile: tls?.profile ?? 'Strict', minVersion: tls?.minVersion ?? '1.2' };
}
