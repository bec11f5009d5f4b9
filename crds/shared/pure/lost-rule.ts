import type { z } from 'zod';

/**
 * Finds what zod obeys itself and leaves out of a JSON schema without a word: there, it would be a rule that nobody but
 * us keeps. Reads the definitions behind zod types, which zod documents for tools like this one.
 */

const TYPES = new Set(['transform', 'pipe', 'default', 'prefault', 'catch', 'codec']);
const CHECKS = new Set(['custom', 'overwrite']);

interface Definition {
  type: string;
  checks?: Check[] | undefined;
  /** Of a record. */
  keyType?: { _zod: { def: Definition } };
}

interface Check {
  _zod: { def: { check: string; pattern?: RegExp } };
}

/** What is lost of this one type, its children not looked at; undefined: nothing. */
export function lostRule({ _zod }: z.core.$ZodTypes): string | undefined {
  const { type, checks = [], keyType } = _zod.def as Definition;
  if (TYPES.has(type)) return type;
  if (keyType !== undefined && hasRules(keyType)) return 'a rule for the keys of a map';
  return checks.map(lostCheck).find(lost => lost !== undefined);
}

function hasRules({ _zod }: { _zod: { def: Definition } }): boolean {
  return (_zod.def.checks ?? []).length > 0;
}

function lostCheck({ _zod }: Check): string | undefined {
  const { check, pattern } = _zod.def;
  if (CHECKS.has(check)) return check;
  // Go patterns are Unicode-aware by themselves.
  return ['', 'u'].includes(pattern?.flags ?? '') ? undefined : 'a flag of a regular expression';
}
