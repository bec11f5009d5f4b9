import type { SsoTenant } from '#crds/schema/kinds.ts';

type Spec = SsoTenant['spec'];

export type Exposure = keyof NonNullable<Spec['exposure']>;

/** How a tenant is reached, with the default of the API. */
export function exposureOf({ exposure }: Spec): Exposure {
  if (exposure?.ingress !== undefined) return 'ingress';
  return exposure?.none === undefined ? 'pod' : 'none';
}
