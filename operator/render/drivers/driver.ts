import type { TenantDocument } from '#crds/schema/live-config.ts';

/** What one ingress controller can be made to do for a single host, and how it is told. Pure. */

export type TlsPolicy = TenantDocument['tls'];

/** `exact`: per host, to the letter. Anything else is said in words, which stand in the tenant's condition. */
type Ability = 'exact' | { not: string };

export interface IngressDriver {
  /** As people call it. */
  name: string;
  abilities: Record<'minVersion' | 'suites12' | 'suites13' | 'order', Ability>;
  /** What is known to differ and harms nobody; in the condition too. */
  note?: string;
  /** Annotations under these are ours alone on our Ingress: a foreign one could undo the policy. */
  prefixes: readonly string[];
  annotations(policy: TlsPolicy): Record<string, string>;
}

/** What the controller cannot be held to, in its own words; empty: the profile is kept exactly. */
export function deviationsOf({ abilities }: IngressDriver): string[] {
  return Object.values(abilities).flatMap(ability => (ability === 'exact' ? [] : [ability.not]));
}
