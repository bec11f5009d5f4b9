import { API_VERSION } from '#crds/schema/group.ts';
import type { Kind } from '#crds/schema/kinds.ts';

/**
 * A thing that the API takes or refuses. The lists of them run on a real API server (test/cluster/crds-cases.test.ts) and offline
 * (cases.test.ts), and both must say the same about each.
 */
export interface Case {
  name: string;
  object: Manifest;
  /** What `object` replaces. */
  before?: Manifest;
  /** Absent: it is taken. Both sides name the path; `rule` is the message of a CEL rule, the same on both sides. */
  refused?: { path: string; rule?: string };
}

export interface Manifest {
  apiVersion: string;
  kind: Kind;
  metadata: { name: string; namespace: string };
  spec: Record<string, unknown>;
}

export function manifest(kind: Kind, spec: object, change: Record<string, unknown>): Manifest {
  const merged = Object.entries({ ...spec, ...change }).filter(([, value]) => value !== undefined);
  return {
    apiVersion: API_VERSION,
    kind,
    metadata: { name: 'sample', namespace: 'default' },
    spec: Object.fromEntries(merged),
  };
}

export const repeat = <T>(count: number, make: (at: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => make(at));

export const taken = (name: string, object: Manifest): Case => ({ name, object });
export const refused = (name: string, object: Manifest, path: string, rule?: string): Case => ({
  name,
  object,
  refused: { path, ...(rule !== undefined && { rule }) },
});

export const change = (name: string, before: Manifest, object: Manifest, field?: string): Case => ({
  name,
  before,
  object,
  ...(field !== undefined && { refused: { path: `spec.${field}`, rule: `${field} is immutable` } }),
});
