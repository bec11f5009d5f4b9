import { z } from 'zod';
import type { CelRule } from '#crds/schema/rule.ts';
import { lostRule } from './lost-rule.ts';

/**
 * The structural schema of a kind: what stands in its CRD, and what the offline checks walk, so that the two cannot
 * disagree. Refuses what Kubernetes would drop or refuse without a clear word.
 */
export interface Structural {
  type: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  description?: string;
  properties?: Record<string, Structural>;
  required?: string[];
  additionalProperties?: Structural;
  items?: Structural;
  enum?: string[];
  format?: string;
  pattern?: string;
  default?: unknown;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  maxProperties?: number;
  minimum?: number;
  maximum?: number;
  'x-kubernetes-validations'?: CelRule[];
  'x-kubernetes-list-type'?: 'map' | 'set' | 'atomic';
  'x-kubernetes-list-map-keys'?: string[];
}

export class NotStructuralError extends Error {
  readonly code = 'NotStructural';
}

const KEYWORDS = new Set(
  `type description properties required additionalProperties items enum format pattern
   minLength maxLength minItems maxItems maxProperties minimum maximum
   x-kubernetes-validations x-kubernetes-list-type x-kubernetes-list-map-keys`.split(/\s+/),
);

const TYPES = new Set(['object', 'array', 'string', 'integer', 'number', 'boolean']);

/** RE2 has no lookaround and no backreference, and its \s is narrower than that of JavaScript. \p{Cc} is the same. */
const NOT_PORTABLE = /\\[sSbBkuc1-9]|\(\?[^:]/;

type Json = Record<string, unknown>;

/** Throws {@link NotStructuralError} with the path of the first thing that a CRD cannot say. */
export function structural(type: z.ZodType): Structural {
  const override = (context: { zodSchema: z.core.$ZodTypes; path: (string | number)[] }): void => {
    const lost = lostRule(context.zodSchema);
    const place = context.path.filter(part => part !== 'properties').join('.') || 'the root';
    if (lost !== undefined) throw new NotStructuralError(`${place}: ${lost} does not reach the CRD`);
  };
  const json = z.toJSONSchema(type, { target: 'openapi-3.0', io: 'input', override }) as Json;
  return convert(json, '');
}

function convert(json: Json, path: string): Structural {
  checkWords(json, path || 'the root');
  checkBounds(json, path);
  const node = { ...json } as unknown as Structural;
  tidy(node);
  const { properties, items, additionalProperties } = node;
  if (properties !== undefined) node.properties = convertProperties(properties, path);
  if (items !== undefined) node.items = convert(items as unknown as Json, `${path}[]`);
  if (additionalProperties !== undefined)
    node.additionalProperties = convert(additionalProperties as unknown as Json, `${path}{}`);
  return node;
}

function convertProperties(properties: Record<string, Structural>, path: string): Record<string, Structural> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, child]) => [name, convert(child as unknown as Json, `${path}.${name}`)]),
  );
}

function checkWords(json: Json, path: string): void {
  for (const word of Object.keys(json)) {
    if (!KEYWORDS.has(word)) throw new NotStructuralError(`${path}: ${word} cannot stand in a CRD`);
  }
  // Of formats the API server has its own opinion; a pattern says the same to both.
  const { format = 'date-time' } = json;
  if (format !== 'date-time') throw new NotStructuralError(`${path}: say format ${String(format)} as a pattern`);
  if (!TYPES.has(String(json['type']))) throw new NotStructuralError(`${path}: has no type`);
}

/** Everything is bounded, else the cost of a CEL rule above it is unbounded too and the API server refuses the CRD. */
function checkBounds(json: Json, path: string): void {
  const needs = (word: string, what: string): void => {
    if (json[word] === undefined) throw new NotStructuralError(`${path}: ${what} needs ${word}`);
  };
  if (json['type'] === 'array') needs('maxItems', 'a list');
  if (json['type'] === 'string' && json['enum'] === undefined && json['format'] === undefined)
    needs('maxLength', 'a string');
  if (json['additionalProperties'] !== undefined) {
    needs('maxProperties', 'a map');
    if (json['properties'] !== undefined)
      throw new NotStructuralError(`${path}: additionalProperties beside properties`);
  }
  if (typeof json['pattern'] === 'string' && NOT_PORTABLE.test(json['pattern']))
    throw new NotStructuralError(`${path}: RE2 reads this pattern differently: ${json['pattern']}`);
}

/** What zod adds and nobody asked for: the range of safe integers, 400 characters that repeat a format, empty lists. */
function tidy(node: Structural): void {
  if (node.minimum === Number.MIN_SAFE_INTEGER) delete node.minimum;
  if (node.maximum === Number.MAX_SAFE_INTEGER) delete node.maximum;
  if (node.format === 'date-time') delete node.pattern;
  if (Object.keys(node.properties ?? {}).length === 0) delete node.properties;
}
