import { randomBytes } from 'node:crypto';
import type { SignedIn, SignInCheck } from './sign-in.ts';

/** The demo app's own sessions, in memory: a cookie names one, a restart forgets all. */

export interface DemoSession {
  readonly id: string;
  /** Sign-ins under way, by state. */
  readonly pending: Map<string, SignInCheck>;
  /** By client key. */
  readonly signedIn: Map<string, SignedIn>;
}

const COOKIE = '__Host-demo';
const MOST = 500;
const MOST_PENDING = 20;

export class DemoSessions {
  private readonly sessions = new Map<string, DemoSession>();

  find(cookies: string | undefined): DemoSession | undefined {
    const found = (cookies ?? '').split(/;\s*/).find(pair => pair.startsWith(`${COOKIE}=`));
    return this.sessions.get(found?.slice(COOKIE.length + 1) ?? '');
  }

  /** With what `before` held, under a new name: nobody else knows it. */
  open(before?: DemoSession): DemoSession {
    if (before !== undefined) this.sessions.delete(before.id);
    if (this.sessions.size >= MOST) this.sessions.delete(this.sessions.keys().next().value ?? '');
    const id = randomBytes(32).toString('base64url');
    const session = { id, pending: before?.pending ?? new Map(), signedIn: before?.signedIn ?? new Map() };
    this.sessions.set(id, session);
    return session;
  }
}

export function remember(session: DemoSession, check: SignInCheck): void {
  if (session.pending.size >= MOST_PENDING) session.pending.delete(session.pending.keys().next().value ?? '');
  session.pending.set(check.state, check);
}

export const cookieOf = (session: DemoSession): string =>
  `${COOKIE}=${session.id}; Path=/; Secure; HttpOnly; SameSite=Lax`;
