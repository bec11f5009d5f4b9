import type { AuthenticationEvent } from '#idp/login/door.ts';
import type { RequestedContext } from '../inbound/authn-request.ts';

/**
 * How somebody signed in, in the words of saml-authn-context-2.0-os. We assert only what is true: a password counts as
 * PasswordProtectedTransport, since nothing here is served without TLS.
 */

const CLASS = 'urn:oasis:names:tc:SAML:2.0:ac:classes:';

/** From weak to strong, with what must have happened. */
const CLASSES: readonly { uri: string; strength: number; holds: (event: AuthenticationEvent) => boolean }[] = [
  { uri: `${CLASS}unspecified`, strength: 0, holds: () => true },
  {
    uri: `${CLASS}PasswordProtectedTransport`,
    strength: 1,
    holds: event => event.methods.some(method => method.amr === 'pwd'),
  },
];

/** The class to assert; undefined: NoAuthnContext. */
export function contextOf(event: AuthenticationEvent, requested: RequestedContext | null): string | undefined {
  const held = CLASSES.filter(entry => entry.holds(event));
  const fitting = requested === null ? held : held.filter(entry => fits(entry.uri, requested));
  return fitting.at(-1)?.uri;
}

/** Those that would do, best first: what a sign-in may aim at. Empty: none ever will. */
export function contextsFor(requested: RequestedContext): string[] {
  return CLASSES.filter(entry => fits(entry.uri, requested))
    .map(entry => entry.uri)
    .reverse();
}

/** Core, section 3.3.2.2.1. A class that we cannot rank compares with nothing. */
function fits(uri: string, { comparison, classes, declarations }: RequestedContext): boolean {
  if (declarations) return false;
  if (comparison === 'exact') return classes.includes(uri);
  const mine = strengthOf(uri);
  const wanted = classes.map(strengthOf).filter(strength => strength !== undefined);
  if (mine === undefined || wanted.length === 0 || wanted.length < classes.length) return false;
  return COMPARE[comparison](mine, wanted);
}

const COMPARE = {
  minimum: (mine: number, wanted: number[]) => wanted.some(strength => mine >= strength),
  maximum: (mine: number, wanted: number[]) => wanted.some(strength => mine <= strength),
  better: (mine: number, wanted: number[]) => wanted.every(strength => mine > strength),
};

function strengthOf(uri: string): number | undefined {
  return CLASSES.find(entry => entry.uri === uri)?.strength;
}
