import type { Verdict } from '#crds/schema/conditions.ts';
import { bad, good, notApplicable, unknown } from './verdict.ts';

/** Owns what is said of a tenant behind an ingress: what was asked for, what was seen, and what nobody looked at. */

/** What stands behind the class that a tenant names. */
export type Controller =
  | { kind: 'missing' }
  | { kind: 'unsupported'; controller: string }
  /** `deviations`: what it cannot be held to, in words; empty: the profile is kept exactly. */
  | { kind: 'supported'; name: string; deviations: readonly string[]; note: string | undefined };

export interface IngressCase {
  className: string;
  controller: Controller;
  /** For people: `controller (name)`, separated by commas. */
  supported: string;
}

/** undefined: nothing stands against an Ingress of this class. */
export function refuseController({ className, controller, supported }: IngressCase): Verdict | undefined {
  if (controller.kind === 'missing') {
    const choice = `Create it, or name another one of a controller that is supported: ${supported}.`;
    return bad('IngressClassNotFound', `IngressClass ${className} is not there. ${choice}`);
  }
  const words = shortcomings(className, controller);
  if (words === undefined) return undefined;
  return bad('ControllerNotSupported', `${words} Nothing is published there. Supported: ${supported}.`);
}

function shortcomings(className: string, controller: Exclude<Controller, { kind: 'missing' }>): string | undefined {
  if (controller.kind === 'unsupported')
    return `The controller ${controller.controller} of IngressClass ${className} is not known to keep a TLS profile.`;
  if (controller.deviations.length === 0) return undefined;
  return `${controller.name} cannot keep the TLS profile: ${controller.deviations.join('; ')}.`;
}

export interface Policy {
  profile: string;
  minVersion: string;
}

/** For a controller that nothing stands against. */
export function judgeIngressTls({ controller }: IngressCase, { profile, minVersion }: Policy): Verdict {
  const { name, note = '' } = controller.kind === 'supported' ? controller : { name: '' };
  const asked = `The Ingress asks ${name} for profile ${profile}, TLS ${minVersion} or newer, exactly. ${note}`.trim();
  return good(`${asked} No handshake was tried from here.`, 'NotProbed');
}

export const NOT_EXPOSED = {
  none: notApplicable('Something of your own leads people to the identity provider; nothing is looked at.'),
  pod: notApplicable('The Service of the identity provider leads people to it; nothing is looked at.'),
  local: notApplicable('Without a cluster the identity provider ends TLS itself; no Ingress is made.'),
  waiting: unknown('Progressing', 'The Ingress is made once there is a certificate.'),
} as const satisfies Record<string, Verdict>;

/** `addresses`: hosts and IP addresses that the controller wrote into the status of the Ingress. */
export function judgeAddresses(className: string, addresses: readonly string[]): Verdict {
  if (addresses.length === 0) {
    const seen = `The Ingress is written; no controller of class ${className} has given it an address yet.`;
    return unknown('Progressing', `${seen} Is the controller running, and does it publish its addresses?`);
  }
  const named = addresses.slice(0, 8).join(', ');
  return good(`The controller of class ${className} took the Ingress at ${named}. Nobody asked there from here.`);
}
