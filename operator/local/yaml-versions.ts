import { type Document, isAlias, isMap, isScalar, isSeq, type Node, Scalar } from 'yaml';

/**
 * kubectl reads YAML 1.1, where `Off` and `n` are booleans and `010` is eight; we read YAML 1.2, where they are not. What
 * the two versions read differently is refused, so that a file means the same here and on a cluster.
 */

export interface Difference {
  offset: number;
  message: string;
}

/** Both documents come from the same text, read once under each version. */
export function differences(modern: Document.Parsed, old: Document.Parsed): Difference[] {
  return compare(modern.contents, old.contents);
}

function compare(modern: unknown, old: unknown): Difference[] {
  if (isMap(modern) && isMap(old))
    return modern.items.flatMap((pair, at) => [
      ...compare(pair.key, old.items[at]?.key),
      ...compare(pair.value, old.items[at]?.value),
    ]);
  if (isSeq(modern) && isSeq(old)) return modern.items.flatMap((item, at) => compare(item, old.items[at]));
  if (isAlias(modern) || !isScalar(modern)) return [];
  return compareScalar(modern, old);
}

function compareScalar(modern: Scalar, old: unknown): Difference[] {
  if (modern.type !== Scalar.PLAIN || !isScalar(old) || Object.is(modern.value, old.value)) return [];
  const offset = (modern as Node).range?.[0] ?? 0;
  const text = modern.source ?? String(modern.value);
  if (text === '<<') return [{ offset, message: 'merge keys (<<) are YAML 1.1 only: write the fields out' }];
  return [{ offset, message: `kubectl (YAML 1.1) reads ${text} as ${kindOf(old.value)}: put it in quotes` }];
}

function kindOf(value: unknown): string {
  if (value instanceof Date) return 'a date';
  return typeof value === 'boolean' || typeof value === 'number' ? String(value) : 'something else';
}
