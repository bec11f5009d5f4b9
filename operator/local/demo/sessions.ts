import { randomBytes } from 'node:crypto';
import type { SamlSignedIn } from './saml-sign-in.ts';
import type { SignedIn, SignInCheck } from './sign-in.ts';

/** The demo app's own sessions, in memory: a cookie names one, a restart forgets all. */

export interface DemoSession {
  readonly id: string;
  readonly oidc: ProtocolSession<SignInCheck, SignedIn>;
  readonly saml: ProtocolSession<SamlCheck, SamlSignedIn>;
}

interface ProtocolSession<Check, Person> {
  /** Sign-ins under way, by state or RelayState. */
  readonly pending: Map<string, Check>;
  /** By client key. */
  readonly signedIn: Map<string, Person>;
}

interface SamlCheck {
  clientKey: string;
}

const COOKIE = '__Host-demo';
const MOST = 500;
const MOST_PENDING = 20;

const newPart = () => ({ pending: new Map(), signedIn: new Map() });

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
    const session = { id, oidc: before?.oidc ?? newPart(), saml: before?.saml ?? newPart() };
    this.sessions.set(id, session);
    return session;
  }

  /**
   * The session to go on with when somebody has signed in. The first time it gets a new name; after that nobody else can
   * know it, and other tabs may be on their way with it.
   */
  afterSignIn(session: DemoSession): DemoSession {
    const isFirst = session.oidc.signedIn.size + session.saml.signedIn.size === 0;
    return isFirst ? this.open(session) : session;
  }

  /** Ends sign-ins of SAML in whatever browser they are. Keys of the clients that lost one. */
  endSaml(isMeant: (clientKey: string, person: SamlSignedIn) => boolean): string[] {
    const ended = [...this.sessions.values()].flatMap(({ saml }) => {
      const keys = [...saml.signedIn].filter(([key, person]) => isMeant(key, person)).map(([key]) => key);
      for (const key of keys) saml.signedIn.delete(key);
      return keys;
    });
    return [...new Set(ended)];
  }
}

/** The oldest goes when somebody begins too often. */
export function remember<Check>(pending: Map<string, Check>, key: string, check: Check): void {
  if (pending.size >= MOST_PENDING) pending.delete(pending.keys().next().value ?? '');
  pending.set(key, check);
}

export const cookieOf = (session: DemoSession): string =>
  `${COOKIE}=${session.id}; Path=/; Secure; HttpOnly; SameSite=Lax`;
