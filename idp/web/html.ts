/** Escaped tagged templates: every value is escaped unless it came out of `html` itself. */

const MARK = Symbol('html');

export interface Html {
  readonly [MARK]: true;
  toString(): string;
}

export type Fragment = Html | string | number | false | undefined | readonly Fragment[];

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, char => ENTITIES[char] ?? char);
}

function render(value: Fragment): string {
  if (value === false || value === undefined) return '';
  if (typeof value === 'string' || typeof value === 'number') return escape(String(value));
  return isList(value) ? value.map(render).join('') : value.toString();
}

function isList(value: Fragment): value is readonly Fragment[] {
  return Array.isArray(value);
}

export function html(strings: TemplateStringsArray, ...values: Fragment[]): Html {
  const text = strings.map((part, i) => part + render(values[i])).join('');
  return { [MARK]: true, toString: () => text };
}
