import type { KubeObject } from '#crds/schema/kinds.ts';
import type { WatchScope } from '#crds/wire/cluster.ts';

/** Label and field selectors as the API server reads them: comma means and. */

export type Predicate = (object: KubeObject) => boolean;

export function isInScope(scope: WatchScope): Predicate {
  const wanted = [...parseLabels(scope.labelSelector ?? ''), ...parseFields(scope.fieldSelector ?? '')];
  return object =>
    (scope.namespace === undefined || object.metadata.namespace === scope.namespace) &&
    wanted.every(predicate => predicate(object));
}

const SET = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/;
const EQUALITY = /^([^=!\s]+)\s*(==|=|!=)\s*([^=\s]*)$/;
const EXISTENCE = /^(!?)\s*([^=!\s]+)$/;

function parseLabels(selector: string): Predicate[] {
  return terms(selector).map(term => {
    const set = SET.exec(term);
    if (set) return labelIn(set[1] ?? '', (set[3] ?? '').split(',').map(trim), set[2] === 'in');
    const equality = EQUALITY.exec(term);
    if (equality) return labelIn(equality[1] ?? '', [equality[3] ?? ''], equality[2] !== '!=');
    const existence = EXISTENCE.exec(term);
    if (!existence) throw new Error(`unreadable label selector: ${term}`);
    return object => (object.metadata.labels?.[existence[2] ?? ''] !== undefined) === (existence[1] === '');
  });
}

function labelIn(key: string, values: readonly string[], isWanted: boolean): Predicate {
  return object => {
    const value = object.metadata.labels?.[key];
    return (value !== undefined && values.includes(value)) === isWanted;
  };
}

/** The API server supports these two everywhere. */
const FIELDS: Record<string, (object: KubeObject) => string> = {
  'metadata.name': object => object.metadata.name,
  'metadata.namespace': object => object.metadata.namespace ?? '',
};

function parseFields(selector: string): Predicate[] {
  return terms(selector).map(term => {
    const [, field = '', operator, value = ''] = EQUALITY.exec(term) ?? [];
    const read = FIELDS[field];
    if (read === undefined) throw new Error(`unsupported field selector: ${term}`);
    return object => (read(object) === value) === (operator !== '!=');
  });
}

/** Commas inside parentheses belong to a set. */
const terms = (selector: string): string[] =>
  selector
    .split(/,(?![^(]*\))/)
    .map(trim)
    .filter(term => term !== '');

const trim = (text: string): string => text.trim();
