import type { Structural } from './structural.ts';

/** Checks a value against a structural schema as the API server does with `fieldValidation=Strict`, in its words. */

export interface Problem {
  /** Such as `['spec', 'redirectUris', 0]`. */
  path: (string | number)[];
  /** One clause that says what is wrong; no secret is ever in a resource, so values may be quoted. */
  message: string;
}

type Path = Problem['path'];

export function checkShape(schema: Structural, value: unknown, path: Path): Problem[] {
  const found = typeOf(value);
  const fits = found === schema.type || (schema.type === 'number' && found === 'integer');
  if (!fits) return [{ path, message: `must be of type ${schema.type}, not ${found}` }];
  if (schema.type === 'object') return checkObject(schema, value as Record<string, unknown>, path);
  if (schema.type === 'array') return checkList(schema, value as unknown[], path);
  const message =
    schema.type === 'string' ? wrongText(schema, value as string) : wrongNumber(schema, Number(value), found);
  return message === undefined ? [] : [{ path, message }];
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

function checkObject(schema: Structural, value: Record<string, unknown>, path: Path): Problem[] {
  const { properties = {}, additionalProperties, required = [], maxProperties = Infinity } = schema;
  const keys = Object.keys(value).filter(key => value[key] !== undefined);
  const missing = required
    .filter(key => !keys.includes(key))
    .map(key => ({ path: [...path, key], message: 'is required' }));
  const many =
    keys.length > maxProperties ? [{ path, message: `too many: must have at most ${maxProperties} entries` }] : [];
  const children = keys.flatMap(key => {
    const child = Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
    const at = [...path, key];
    if (child === undefined) return [{ path: at, message: unknownField(key, Object.keys(properties)) }];
    return checkShape(child, value[key], at);
  });
  return [...missing, ...many, ...children];
}

function unknownField(key: string, known: string[]): string {
  const meant = known.find(name => name.toLowerCase() === key.toLowerCase());
  return meant === undefined ? 'unknown field' : `unknown field; did you mean ${meant}?`;
}

function checkList(schema: Structural, value: unknown[], path: Path): Problem[] {
  const { items, minItems = 0, maxItems = Infinity } = schema;
  const problems: Problem[] = [];
  if (value.length < minItems) problems.push({ path, message: `should have at least ${minItems} items` });
  if (value.length > maxItems) problems.push({ path, message: `too many: must have at most ${maxItems} items` });
  if (items !== undefined) problems.push(...value.flatMap((item, at) => checkShape(items, item, [...path, at])));
  return problems.length > 0 ? problems : checkKeys(schema, value, path);
}

/** Of a list of type map: no two items share a key. */
function checkKeys(schema: Structural, value: unknown[], path: Path): Problem[] {
  const seen = new Set<string>();
  return value.flatMap((item, at) => {
    const key = listMapKey(schema, item);
    if (key === undefined || !seen.has(key)) {
      if (key !== undefined) seen.add(key);
      return [];
    }
    return [{ path: [...path, at], message: `Duplicate value: ${key}` }];
  });
}

/** What identifies an item of a list of type map; undefined for other lists. */
export function listMapKey(schema: Structural, item: unknown): string | undefined {
  const keys = schema['x-kubernetes-list-map-keys'];
  if (keys === undefined) return undefined;
  return JSON.stringify(keys.map(key => (item as Record<string, unknown>)[key]));
}

function wrongText(schema: Structural, value: string): string | undefined {
  const { minLength = 0, maxLength = Infinity, pattern } = schema;
  // The API server counts code points, `length` counts UTF-16 units.
  const length = Array.from(value).length;
  if (schema.enum !== undefined && !schema.enum.includes(value))
    return `Unsupported value: ${JSON.stringify(value)}; supported: ${schema.enum.join(', ')}`;
  if (length < minLength) return `should be at least ${minLength} characters long`;
  if (length > maxLength) return `too long: must have at most ${maxLength} characters`;
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(value))
    return `${JSON.stringify(value)} should match ${pattern}`;
  return undefined;
}

function wrongNumber(schema: Structural, value: number, found: string): string | undefined {
  const { minimum = -Infinity, maximum = Infinity } = schema;
  if (found === 'boolean') return undefined;
  if (value < minimum) return `should be greater than or equal to ${minimum}`;
  if (value > maximum) return `should be less than or equal to ${maximum}`;
  return undefined;
}
