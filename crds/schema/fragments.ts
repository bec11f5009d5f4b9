import { z } from 'zod';

/**
 * Shapes that several kinds share. Everything under `spec` must survive the translation into a structural
 * CRD schema: one regular expression a string, no flags, no lookahead (RE2), a bound on every list and string
 * (the CEL cost budget), no `.refine` and no `.transform` (they vanish without a word).
 */

export const DNS_LABEL = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$';

export const objectName = z
  .string()
  .min(1)
  .max(253)
  .regex(/^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/);

export const namespaceName = z.string().min(1).max(63).regex(new RegExp(DNS_LABEL));

/** A Secret in the namespace of the resource that names it. There is no namespace field on purpose. */
export const localSecretRef = z
  .object({
    name: objectName.describe('Name of a Secret in the same namespace, labelled sso-operator.dev/readable: "true".'),
  })
  .describe('A Secret in the same namespace as this resource.');

/** A host as it is compared: lower case, punycode, at least two labels, no scheme, port, path or trailing dot. */
export const host = z
  .string()
  .min(3)
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?([.][a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)+$/);

/** A Go duration of whole hours, minutes and seconds, such as `12h` or `1h30m`. */
export const duration = z
  .string()
  .max(20)
  .regex(/^([0-9]+h)?([0-9]+m)?([0-9]+s)?$/)
  .min(2);

const SECONDS = { h: 3600, m: 60, s: 1 } as const;

/** Seconds of a `duration`. */
export function seconds(text: string): number {
  const parts = text.matchAll(/([0-9]+)([hms])/g);
  return [...parts].reduce((sum, part) => sum + Number(part[1]) * SECONDS[part[2] as keyof typeof SECONDS], 0);
}

export const displayName = z
  .string()
  .min(1)
  .max(80)
  .regex(/^[^<>\r\n\t]+$/);
