import type { IngressDriver } from './driver.ts';
import { haproxyIngress } from './haproxy-ingress.ts';

/** Which driver speaks to which controller, by `spec.controller` of the IngressClass. */
const DRIVERS: Readonly<Record<string, IngressDriver>> = {
  'haproxy-ingress.github.io/controller': haproxyIngress,
};

export function driverOf(controller: string | undefined): IngressDriver | undefined {
  return controller !== undefined && Object.hasOwn(DRIVERS, controller) ? DRIVERS[controller] : undefined;
}

/** For people: `controller (name)` of each. */
export const SUPPORTED: string = Object.entries(DRIVERS)
  .map(([controller, { name }]) => `${controller} (${name})`)
  .join(', ');

/** Of every driver: what a foreign hand may not add to an Ingress of ours. */
export const PREFIXES: readonly string[] = Object.values(DRIVERS).flatMap(({ prefixes }) => prefixes);
