import type { Person } from '#idp/sources/source.ts';
import type { Client } from '#idp/tenants/tenant.ts';

/** Who may use an application: everyone, or the members of one of its groups. */
export function mayUse(client: Client, person: Person): boolean {
  const { accessGroups, enabled } = client.document;
  if (!enabled) return false;
  return accessGroups === null || accessGroups.some(group => person.groups.includes(group));
}
