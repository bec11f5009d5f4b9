/** The few shapes of DER (X.690) that a certificate is made of. Writing only; reading is left to node:crypto. */

const UNIVERSAL = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  nil: 0x05,
  oid: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
} as const;

function tlv(tag: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), length(content.length), content]);
}

function length(bytes: number): Buffer {
  if (bytes < 0x80) return Buffer.from([bytes]);
  const hex = bytes.toString(16);
  const digits = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return Buffer.from([0x80 | digits.length, ...digits]);
}

export const sequence = (...parts: Uint8Array[]): Buffer => tlv(0x30, ...parts);
export const set = (...parts: Uint8Array[]): Buffer => tlv(0x31, ...parts);
export const octetString = (content: Uint8Array): Buffer => tlv(UNIVERSAL.octetString, content);
export const nil = (): Buffer => tlv(UNIVERSAL.nil);
export const utf8 = (text: string): Buffer => tlv(UNIVERSAL.utf8, Buffer.from(text));
export const boolean = (value: boolean): Buffer => tlv(0x01, Buffer.from([value ? 0xff : 0]));

/** A non-negative integer, big-endian. */
export function integer(bytes: Uint8Array): Buffer {
  const sign = (bytes[0] ?? 0) & 0x80 ? Buffer.from([0]) : Buffer.alloc(0);
  return tlv(UNIVERSAL.integer, sign, bytes);
}

export const bitString = (content: Uint8Array, unusedBits = 0): Buffer =>
  tlv(UNIVERSAL.bitString, Buffer.from([unusedBits]), content);

/** [tag] IMPLICIT over bytes when primitive, [tag] EXPLICIT when constructed. */
export const context = (tag: number, constructed: boolean, ...parts: Uint8Array[]): Buffer =>
  tlv((constructed ? 0xa0 : 0x80) | tag, ...parts);

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return tlv(UNIVERSAL.oid, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) digits.unshift((rest & 0x7f) | 0x80);
  return digits;
}

/** UTCTime through 2049, GeneralizedTime from 2050 on (RFC 5280 section 4.1.2.5). */
export function time(date: Date): Buffer {
  const digits = date.toISOString().slice(0, 19).replaceAll(/[-:T]/g, '');
  return date.getUTCFullYear() < 2050
    ? tlv(UNIVERSAL.utcTime, Buffer.from(`${digits.slice(2)}Z`))
    : tlv(UNIVERSAL.generalizedTime, Buffer.from(`${digits}Z`));
}
