/** metav1.MicroTime: RFC 3339 with exactly six digits. `now` in milliseconds since the epoch. */
export function microTime(now: number): string {
  return new Date(now).toISOString().replace('Z', '000Z');
}
