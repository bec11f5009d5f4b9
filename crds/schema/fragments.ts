import { z } from 'zod';
import { celRules } from './rule.ts';

/**
 * Shapes that several kinds share. Everything under `spec` must survive the translation into a structural
 * CRD schema: one regular expression a string, no flags, no lookahead (RE2), a bound on every list and string
 * (the CEL cost budget), no `.refine` and no `.transform` (they vanish without a word).
 */

const DNS_LABEL = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$';

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

/** A Go duration of whole hours, minutes and seconds, such as `12h` or `1h30m`; more than nothing, less than 12 years. */
export const duration = z
  .string()
  .min(2)
  .max(20)
  .regex(/^([0-9]{1,5}h)?([0-9]{1,5}m)?([0-9]{1,5}s)?$/)
  .meta(celRules({ rule: "duration(self) > duration('0s')", message: 'a duration must be longer than nothing' }));

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
  // No control characters: it stands in pages, mails and logs.
  .regex(/^[^<>\p{Cc}]+$/u);

const labelValue = z
  .string()
  .max(63)
  .regex(/^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/);

const LABEL_KEY = '^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$';

/** Labels as Kubernetes takes them. The keys need CEL: a structural schema says nothing about the keys of a map. */
export const labels = z.record(z.string(), labelValue).meta({
  maxProperties: 16,
  ...celRules({
    rule: `self.all(key, size(key) <= 317 && key.matches('${LABEL_KEY}'))`,
    message: 'every key must be a label key of Kubernetes, such as team or example.com/team',
  }),
});
