/**
 * Who takes part in a session, in one list whatever the protocol: a logout tells all of them. Owns the list's shape;
 * knows no protocol. A protocol room implements {@link Participants}; joined, they are one again.
 */

export interface Participant {
  protocol: 'oidc' | 'saml';
  /** clientId or entityID. */
  application: string;
  /** What the application knows the session by: sid or SessionIndex. */
  sessionIndex: string;
}

export interface Participants {
  /** Throws StoreUnavailable. */
  of(tenantUid: string, sessionUid: string): Promise<Participant[]>;
}
