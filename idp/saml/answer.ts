import type { Delivery } from './bindings/binding.ts';

/** What the browser gets, before anything of HTTP is touched. `http.ts` sends it. */
export type Answer =
  | { kind: 'redirect'; location: string; cookies: string[] }
  /** A page that goes on to this address by itself: where redirects would become too many in a row. */
  | { kind: 'step'; location: string; cookies: string[] }
  | { kind: 'form'; action: string; fields: Readonly<Record<string, string>>; cookies: string[] }
  /** Signed out, and nobody asked to be told. */
  | { kind: 'signed-out'; cookies: string[] };

export function answerOf(delivery: Delivery, cookies: string[] = []): Answer {
  return { ...delivery, cookies };
}
