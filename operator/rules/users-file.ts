import { LineCounter, type Node, parseDocument } from 'yaml';
import type { Verdict } from '#crds/schema/conditions.ts';
import { type UsersFile, usersFile } from '#crds/schema/live-config.ts';
import { bad } from './verdict.ts';

/** Owns whether a users.yaml is fit. A message names the line and the field, never what stands there. */

const MAX_BYTES = 900_000;

export function judgeUsersFile(text: string): { users: UsersFile } | { problem: Verdict } {
  if (text.length > MAX_BYTES) return problem(1, `is larger than ${MAX_BYTES} bytes`);
  const lines = new LineCounter();
  // Aliases are refused: a few lines of them can stand for gigabytes.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: '1.2', uniqueKeys: true });
  const broken = document.errors[0];
  if (broken !== undefined) return problem(lines.linePos(broken.pos[0]).line, `is no YAML (${broken.code})`);
  const parsed = usersFile.safeParse(plain(document));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const path = issue?.path ?? [];
    return problem(lineOf(document, path, lines), describe(issue, path));
  }
  const twice = firstDuplicate(parsed.data.users.map(user => user.username));
  if (twice === undefined) return { users: parsed.data };
  return problem(lineOf(document, ['users', twice], lines), 'names a username that is there already');
}

function plain(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch {
    return undefined;
  }
}

function problem(line: number, what: string): { problem: Verdict } {
  return { problem: bad('UsersInvalid', `users.yaml line ${line} ${what}. The last good list stays in use.`) };
}

type Issue = { code?: string } | undefined;

/** Names the field by its position; a key that we do not know could be a value in the wrong place. */
function describe(issue: Issue, path: readonly PropertyKey[]): string {
  const where = path.map(part => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('') || '.';
  return `: ${where} ${WORDS[issue?.code ?? ''] ?? 'is not valid'}`;
}

const WORDS: Record<string, string> = {
  invalid_type: 'is missing or of a wrong type',
  unrecognized_keys: 'has a field that does not exist',
  too_small: 'is too short',
  too_big: 'is too long',
  invalid_format: 'has a wrong form (password: argon2id PHC string, see sso hash-password)',
};

function lineOf(document: ReturnType<typeof parseDocument>, path: readonly PropertyKey[], lines: LineCounter): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true) as Node | undefined;
    if (node?.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

function firstDuplicate(names: readonly string[]): number | undefined {
  const seen = new Set<string>();
  for (const [position, name] of names.entries()) {
    if (seen.has(name)) return position;
    seen.add(name);
  }
  return undefined;
}
