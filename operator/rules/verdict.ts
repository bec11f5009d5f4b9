import type { Reason, Verdict } from '#crds/schema/conditions.ts';

/** Short ways to say what a rule concludes. */

export function good(message: string, reason: Reason = 'Succeeded'): Verdict {
  return { status: 'True', reason, message };
}

export function bad(reason: Reason, message: string): Verdict {
  return { status: 'False', reason, message };
}

export function unknown(reason: Reason, message: string): Verdict {
  return { status: 'Unknown', reason, message };
}

export function notApplicable(message: string): Verdict {
  return { status: 'True', reason: 'NotApplicable', message };
}
