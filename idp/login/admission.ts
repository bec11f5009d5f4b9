import type { Person } from '#idp/sources/source.ts';

/** Of an application of either protocol. */
interface Admitting {
  readonly enabled: boolean;
  /** null: everyone of the tenant. */
  readonly accessGroups: readonly string[] | null;
}

/** Who may use an application: everyone, or the members of one of its groups. */
export function mayUse({ accessGroups, enabled }: Admitting, person: Person): boolean {
  if (!enabled) return false;
  return accessGroups === null || accessGroups.some(group => person.groups.includes(group));
}
