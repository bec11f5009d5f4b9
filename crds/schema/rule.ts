/**
 * A CEL rule of a schema. It stands in `x-kubernetes-validations`, where the API server evaluates it; `sso validate`
 * evaluates the same text offline. Put `.meta(celRules(...))` last: `.extend()` after `.meta()` loses it.
 */
export interface CelRule {
  rule: string;
  message: string;
  fieldPath?: string;
}

export function celRules(...rules: CelRule[]): { 'x-kubernetes-validations': CelRule[] } {
  return { 'x-kubernetes-validations': rules };
}

/** A required field that may never change. */
export function immutable(field: string): CelRule {
  return { rule: `self.${field} == oldSelf.${field}`, message: `${field} is immutable`, fieldPath: `.${field}` };
}

/** An optional field that may never change. On the parent, since a rule on the field is skipped when it is removed. */
export function immutableOptional(field: string): CelRule {
  return {
    rule: `has(self.${field}) == has(oldSelf.${field}) && (!has(self.${field}) || self.${field} == oldSelf.${field})`,
    message: `${field} is immutable`,
    fieldPath: `.${field}`,
  };
}
