import type { ConfigMap, Kind, Secret } from '#crds/schema/kinds.ts';
import type { Replica } from '#operator/rules/programmed.ts';
import type { Turn } from '#operator/runtime/turns.ts';
import type { Awaiting } from './awaiting.ts';
import type { NamedReader } from './named-reader.ts';
import type { Parts } from './parts.ts';
import type { Patience } from './patience.ts';
import type { SamlIdp } from './saml-idp.ts';
import type { World } from './world.ts';

/** What a reconcile may use: the parts it was given, what is known of the cluster, and the few things that it remembers. */
export interface House extends Parts {
  world: World;
  /** Of what lies outside the IdP's namespace. */
  readers: { secrets: NamedReader<Secret>; configMaps: NamedReader<ConfigMap> };
  awaiting: Awaiting;
  patience: Patience;
  /** Ready replicas as of now. */
  replicas(): readonly Replica[];
  /** Tenants (UID) that proved their domain since the operator started. */
  proven: Set<string>;
  /** Keys of tenants (by UID) as last seen, so that a deleted Secret is restored and signs nobody out. */
  keptKeys: Map<string, string>;
  /** What tenants publish for SAML, by the Secret that it was made from. */
  samlIdps: WeakMap<Secret, SamlIdp>;
  /** Client secrets (by UID) that were made but that no Secret of the application holds yet. */
  pending: Map<string, string>;
  enqueue(kind: Kind, key: string, turn?: Turn): void;
}

export const RECHECK_SECONDS = 240;
export const MISSING_SECONDS = 10;
/** Nothing sleeps longer: a clock may be set. */
export const LONGEST_SECONDS = 43_200;

export function childKey(house: House, name: string): string {
  return `${house.settings.idpNamespace}/${name}`;
}

/** The soonest of some wishes to come back, with up to a tenth less so that resources part. */
export function soonest(house: House, wishes: readonly (number | undefined)[]): { requeueAfter?: number } {
  const named = wishes.filter(seconds => seconds !== undefined);
  if (named.length === 0) return {};
  const random = (house.random ?? Math.random)();
  return { requeueAfter: Math.max(0.1, Math.min(...named) * (1 - random / 10)) };
}
