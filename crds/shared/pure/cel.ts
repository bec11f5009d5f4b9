import { Environment, EvaluationError, type ParseResult } from '@marcbachmann/cel-js';
import type { CelRule } from '#crds/schema/rule.ts';
import { listMapKey, type Problem } from './shape.ts';
import type { Structural } from './structural.ts';

/**
 * Evaluates the CEL rules of a structural schema offline, with the verdicts of the API server. A rule that reads
 * `oldSelf` is skipped where there is no old value, as there. The value must have the right shape already.
 */
export function checkRules(schema: Structural, value: unknown, old: unknown, path: Problem['path']): Problem[] {
  const own = (schema['x-kubernetes-validations'] ?? []).flatMap(rule => checkRule(rule, schema, { value, old }, path));
  return [
    ...own,
    ...children(schema, value, old).flatMap(child =>
      checkRules(child.schema, child.value, child.old, [...path, child.key]),
    ),
  ];
}

interface Child {
  schema: Structural;
  key: string | number;
  value: unknown;
  old: unknown;
}

function children(schema: Structural, value: unknown, old: unknown): Child[] {
  const { items, properties = {}, additionalProperties } = schema;
  if (Array.isArray(value)) {
    if (items === undefined) return [];
    return value.map((item, key) => ({ schema: items, key, value: item, old: oldItem(schema, item, old) }));
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const child = properties[key] ?? additionalProperties;
    const before = (old as Record<string, unknown> | undefined)?.[key];
    return child === undefined || item === undefined ? [] : [{ schema: child, key, value: item, old: before }];
  });
}

/** Only the items of a list of type map have a past; the API server refuses transition rules below other lists. */
function oldItem(schema: Structural, item: unknown, old: unknown): unknown {
  const key = listMapKey(schema, item);
  if (key === undefined || !Array.isArray(old)) return undefined;
  return old.find(candidate => listMapKey(schema, candidate) === key);
}

const environment = new Environment().registerVariable('self', 'dyn').registerVariable('oldSelf', 'dyn');
const parsed = new Map<string, ParseResult>();

function parse(rule: string): ParseResult {
  const known = parsed.get(rule);
  if (known !== undefined) return known;
  const fresh = environment.parse(rule);
  parsed.set(rule, fresh);
  return fresh;
}

function checkRule(
  rule: CelRule,
  schema: Structural,
  { value, old }: { value: unknown; old: unknown },
  path: Problem['path'],
): Problem[] {
  if (old === undefined && /\boldSelf\b/.test(rule.rule)) return [];
  const context = { self: toCel(schema, value), oldSelf: old === undefined ? null : toCel(schema, old) };
  if (holds(rule.rule, context)) return [];
  const field = rule.fieldPath?.split('.').filter(name => name !== '') ?? [];
  return [{ path: [...path, ...field], message: rule.message }];
}

/** A rule that cannot be evaluated refuses, as on the API server. */
function holds(rule: string, context: Record<string, unknown>): boolean {
  try {
    return parse(rule)(context) === true;
  } catch (error) {
    if (error instanceof EvaluationError) return false;
    throw error;
  }
}

/** An integer of the schema is an `int` of CEL: a JavaScript number would be a `double`, which equals none. */
function toCel(schema: Structural, value: unknown): unknown {
  if (schema.type === 'integer') return BigInt(value as number);
  if (schema.type !== 'object' && schema.type !== 'array') return value;
  const entries = children(schema, value, undefined).map(
    child => [child.key, toCel(child.schema, child.value)] as const,
  );
  return Array.isArray(value) ? entries.map(([, item]) => item) : Object.fromEntries(entries);
}
