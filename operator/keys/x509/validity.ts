import { randomBytes } from 'node:crypto';

/** What every certificate needs beside names and keys. */
export interface Validity {
  serial: Uint8Array;
  notBefore: Date;
  notAfter: Date;
}

const DAY = 24 * 3600 * 1000;

/** Begins an hour ago, for machines whose clock is a little behind; the serial is random and positive. */
export function validityFrom(now: Date, days: number): Validity {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const notBefore = new Date(Math.floor(now.getTime() / 1000) * 1000 - 3_600_000);
  return { serial, notBefore, notAfter: new Date(notBefore.getTime() + days * DAY) };
}
