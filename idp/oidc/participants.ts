import type { Participant, Participants } from '#idp/logout/participants.ts';
import type { TenantScope } from './needs.ts';
import { SessionRecords } from './session-records.ts';

/** The OIDC clients of a session, as its record knows them at this moment. */
export function createParticipants(scopeOf: (tenantUid: string) => TenantScope): Participants {
  return {
    async of(tenantUid, sessionUid): Promise<Participant[]> {
      const session = await new SessionRecords(scopeOf(tenantUid)).read(sessionUid);
      return Object.entries(session?.authorizations ?? {}).flatMap(([application, { sid }]) =>
        sid === undefined ? [] : [{ protocol: 'oidc' as const, application, sessionIndex: sid }],
      );
    },
  };
}
