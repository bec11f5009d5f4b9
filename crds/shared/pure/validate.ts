import { API_VERSION } from '#crds/schema/group.ts';
import { KINDS } from '#crds/schema/kinds.ts';
import { checkRules } from './cel.ts';
import { checkShape, type Problem } from './shape.ts';
import { type Structural, structural } from './structural.ts';

/**
 * Says offline what the API server would say to `kubectl apply`: shape, unknown fields, CEL rules. It knows nothing of
 * other objects: whether a tenant exists is for the reconciler to say.
 */

export type { Problem } from './shape.ts';

const NAME = '^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$';

const text = (maxLength: number): Structural => ({ type: 'string', maxLength });
const texts = (maxLength: number): Structural => ({ type: 'object', additionalProperties: text(maxLength) });

/** What a person writes. */
const METADATA: Structural = {
  type: 'object',
  required: ['name'],
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 253, pattern: NAME },
    namespace: { type: 'string', minLength: 1, maxLength: 63, pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' },
    labels: texts(63),
    annotations: texts(262_144),
  },
};

/** What `kubectl get -o yaml` shows beside it; the API server does not take these from a person. */
const SERVER_METADATA = new Set(
  `uid resourceVersion generation creationTimestamp deletionTimestamp deletionGracePeriodSeconds
   ownerReferences finalizers managedFields selfLink generateName`.split(/\s+/),
);

const SPECS = new Map<string, Structural>(Object.values(KINDS).map(({ kind, spec }) => [kind, structural(spec)]));

/** Empty when the object is good. `old` is what it replaces: rules about change need it. Never throws. */
export function validateResource(object: unknown, old?: unknown): Problem[] {
  if (typeof object !== 'object' || object === null || Array.isArray(object))
    return [{ path: [], message: 'must be a Kubernetes object' }];
  const { apiVersion, kind, metadata, spec } = object as Record<string, unknown>;
  if (apiVersion !== API_VERSION) return [{ path: ['apiVersion'], message: `must be ${API_VERSION}` }];
  const schema = SPECS.get(String(kind));
  if (schema === undefined) return [{ path: ['kind'], message: `must be one of ${Object.keys(KINDS).join(', ')}` }];
  const shape = [...checkTop(object), ...checkMetadata(metadata ?? {})];
  if (spec === undefined) return [...shape, { path: ['spec'], message: 'is required' }];
  shape.push(...checkShape(schema, spec, ['spec']));
  return shape.length > 0 ? shape : checkRules(schema, spec, (old as { spec?: unknown } | undefined)?.spec, ['spec']);
}

function checkMetadata(metadata: unknown): Problem[] {
  if (typeof metadata !== 'object' || metadata === null) return checkShape(METADATA, metadata, ['metadata']);
  const written = Object.entries(metadata).filter(([key]) => !SERVER_METADATA.has(key));
  return checkShape(METADATA, Object.fromEntries(written), ['metadata']);
}

const TOP = ['apiVersion', 'kind', 'metadata', 'spec', 'status'];

function checkTop(object: object): Problem[] {
  return Object.keys(object)
    .filter(key => !TOP.includes(key))
    .map(key => ({ path: [key], message: 'unknown field' }));
}

/** `spec.redirectUris[0]`. */
export function pathText(path: Problem['path']): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(part)) return `${text}[${part}]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');
}
