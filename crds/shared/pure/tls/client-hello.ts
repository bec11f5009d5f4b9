import { TLS_VERSIONS } from './versions.ts';

/**
 * Writes the first message of a TLS client (RFC 8446 section 4.1.2) for probes: any version and any suites, also those
 * that no OpenSSL of today would offer. Pure. Nothing is ever sent after it: no connection can come of it.
 */

export interface HelloWish {
  /** As on the wire. TLS 1.3 offers itself alone; an older one is the newest that is offered. */
  version: number;
  suites: readonly number[];
  /** server_name (RFC 6066 section 3). */
  name?: string | undefined;
  /** 64 bytes: the random of the hello, and a share for X25519, of which every value is a public key (RFC 7748). */
  entropy: Uint8Array;
}

const GROUPS = [29, 23, 24, 25, 0x0100]; // X25519, P-256, P-384, P-521, ffdhe2048
const SIGNATURES = [
  0x0403, 0x0503, 0x0603, 0x0807, 0x0804, 0x0805, 0x0806, 0x0809, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201,
];
const X25519 = 29;
const HALF = 32;

export function writeClientHello(wish: HelloWish): Buffer {
  const isNewest = wish.version === TLS_VERSIONS['TLS 1.3'];
  const body = Buffer.concat([
    u16(isNewest ? TLS_VERSIONS['TLS 1.2'] : wish.version),
    wish.entropy.subarray(0, HALF),
    vector(1), // session
    vector(2, ...wish.suites.map(u16)),
    vector(1, Buffer.from([0])), // no compression
    // SSL 3.0 has no extensions.
    ...(wish.version === TLS_VERSIONS['SSL 3.0'] ? [] : [vector(2, ...extensions(wish, isNewest))]),
  ]);
  const message = Buffer.concat([Buffer.from([1]), number(3, body.length), body]);
  const record = u16(Math.min(wish.version, TLS_VERSIONS['TLS 1.0']));
  return Buffer.concat([Buffer.from([22]), record, vector(2, message)]);
}

function extensions({ name, entropy, version }: HelloWish, isNewest: boolean): Buffer[] {
  const share = Buffer.concat([u16(X25519), vector(2, entropy.subarray(HALF, 2 * HALF))]);
  return [
    ...(name === undefined ? [] : [extension(0, vector(2, Buffer.from([0]), vector(2, Buffer.from(name))))]),
    extension(10, vector(2, ...GROUPS.map(u16))),
    extension(11, vector(1, Buffer.from([0]))), // points uncompressed
    extension(13, vector(2, ...SIGNATURES.map(u16))),
    extension(23), // extended_master_secret
    ...(isNewest ? [extension(43, vector(1, u16(version))), extension(51, vector(2, share))] : []),
    extension(0xff01, vector(1)), // renegotiation_info
  ];
}

function extension(type: number, ...parts: Buffer[]): Buffer {
  return Buffer.concat([u16(type), vector(2, ...parts)]);
}

/** Parts with their common length before them, in so many bytes. */
function vector(size: 1 | 2, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([number(size, content.length), content]);
}

function u16(value: number): Buffer {
  return number(2, value);
}

function number(size: number, value: number): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntBE(value, 0, size);
  return bytes;
}
