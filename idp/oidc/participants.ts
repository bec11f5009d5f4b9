import type { Participant, Participants } from '#idp/logout/participants.ts';
import type { Tenant } from '#idp/tenants/tenant.ts';
import { findSamlClient, isSamlClientId } from './applications.ts';
import type { TenantScope } from './needs.ts';
import type { SessionPayload } from './session-merge.ts';
import { SessionRecords } from './session-records.ts';

/** The applications of a session, whatever they speak, as its record knows them at this moment. */
export function createParticipants(scopeOf: (tenantUid: string) => TenantScope): Participants {
  return {
    async of(tenantUid, sessionUid): Promise<Participant[]> {
      const scope = scopeOf(tenantUid);
      return participantsOf(scope.current(), await new SessionRecords(scope).read(sessionUid));
    },
  };
}

/** Without those that are gone: there is nobody to tell. */
export function participantsOf(tenant: Tenant | undefined, session: SessionPayload | undefined): Participant[] {
  return Object.entries(session?.authorizations ?? {})
    .map(([clientId, { sid }]) => sid && participantOf(tenant, clientId, sid))
    .filter(participant => typeof participant === 'object');
}

function participantOf(tenant: Tenant | undefined, clientId: string, sessionIndex: string): Participant | undefined {
  if (!isSamlClientId(clientId)) return { protocol: 'oidc', application: clientId, sessionIndex };
  const client = tenant && findSamlClient(tenant, clientId);
  return client && { protocol: 'saml', application: client.entityId, sessionIndex };
}
