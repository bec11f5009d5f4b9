/**
 * Merges two writes of one session. Every request that has a session writes the whole record; of two that run at once
 * the second must neither undo what the first did nor lose its own change. `base` is what this request read, `mine`
 * what it wants to write, `theirs` what lies there now.
 */

interface Authorization {
  sid?: string;
  grantId?: string;
  persistsLogout?: boolean;
}

export interface SessionPayload {
  accountId?: string;
  loginTs?: number;
  acr?: string;
  amr?: string[];
  transient?: boolean;
  state?: unknown;
  authorizations?: Record<string, Authorization>;
  [key: string]: unknown;
}

export interface SessionVersions {
  base: SessionPayload;
  mine: SessionPayload;
  theirs: SessionPayload;
}

/** undefined: two different people signed in to this session at once. */
export function mergeSessions({ base, mine, theirs }: SessionVersions): SessionPayload | undefined {
  if (mine.accountId !== theirs.accountId) {
    // The other request signed somebody in: what this one knew belongs to nobody.
    if (mine.accountId === base.accountId) return theirs;
    return theirs.accountId === base.accountId ? mine : undefined;
  }
  const identity = (mine.loginTs ?? 0) >= (theirs.loginTs ?? 0) ? mine : theirs;
  const state = isSame(base.state, mine.state) ? theirs.state : mine.state;
  return { ...identity, state, authorizations: mergeAuthorizations({ base, mine, theirs }) };
}

function mergeAuthorizations({ base, mine, theirs }: SessionVersions): Record<string, Authorization> {
  const merged = { ...theirs.authorizations };
  const clients = new Set([...Object.keys(base.authorizations ?? {}), ...Object.keys(mine.authorizations ?? {})]);
  for (const client of clients) {
    const [before, now] = [base.authorizations?.[client], mine.authorizations?.[client]];
    if (isSame(before, now)) continue;
    if (now === undefined) delete merged[client];
    else merged[client] = { ...merged[client], ...now, ...sidOf(merged[client]) };
  }
  return merged;
}

/** The first sid that was given to a client stays: tokens and logout messages carry it already. */
function sidOf(authorization: Authorization | undefined): { sid?: string } {
  return authorization?.sid === undefined ? {} : { sid: authorization.sid };
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
