/**
 * Reads the first message of a TLS client (RFC 8446 section 4.1.2) before any TLS server does: whom it asks for and what
 * it can speak. Pure. It decides nothing about security: OpenSSL reads the same bytes again and has the last word.
 */

export interface ClientHello {
  /** server_name (RFC 6066 section 3), lower case; undefined: none was sent. */
  readonly name: string | undefined;
  /** The newest version that is offered, as on the wire: 0x0303 is TLS 1.2. */
  readonly newest: number;
}

export type Reading =
  | { kind: 'hello'; hello: ClientHello }
  /** Not all of it is here; it is not worth looking again before there are so many bytes. */
  | { kind: 'more'; atLeast: number }
  | { kind: 'plain-http' | 'not-tls' | 'too-old' | 'malformed' };

/** Of all bytes on the wire. Browsers send 2 KiB with a post-quantum key share; OpenSSL itself takes 16 KiB. */
export const LARGEST_HELLO = 16_384;

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const RECORD_HEADER = 5;
const MESSAGE_HEADER = 4;
const EXTENSION = { serverName: 0, supportedVersions: 43 } as const;

class Malformed extends Error {}

/** @param bytes everything that the client has sent so far, from the first byte on. */
export function readClientHello(bytes: Buffer): Reading {
  const stranger = strangerOf(bytes);
  if (stranger !== undefined) return stranger;
  try {
    const message = gather(bytes);
    return typeof message === 'number'
      ? { kind: 'more', atLeast: message }
      : { kind: 'hello', hello: parseHello(message) };
  } catch (error) {
    if (error instanceof Malformed) return { kind: 'malformed' };
    throw error;
  }
}

/** Whoever does not begin with a handshake record of SSL 3.0 or later. */
function strangerOf(bytes: Buffer): Reading | undefined {
  const [first = HANDSHAKE, second = 3, third] = bytes;
  if (first === HANDSHAKE) return second === 3 ? undefined : { kind: 'not-tls' };
  if (first >= 0x41 && first <= 0x5a) return { kind: 'plain-http' };
  // The hello of SSL 2.0: a length with the highest bit set, then the message type (RFC 6101 appendix E).
  if ((first & 0x80) === 0) return { kind: 'not-tls' };
  if (third === undefined) return { kind: 'more', atLeast: 3 };
  return { kind: third === CLIENT_HELLO ? 'too-old' : 'not-tls' };
}

/** The message out of as many records as it was cut into (section 5.1), or how many bytes that needs at least. */
function gather(bytes: Buffer): Buffer | number {
  const fragments: Buffer[] = [];
  let at = 0;
  for (let gathered = 0, wanted = MESSAGE_HEADER; gathered < wanted; ) {
    if (bytes.length < at + RECORD_HEADER) return bounded(at + RECORD_HEADER);
    const end = at + RECORD_HEADER + fragmentLength(bytes, at);
    if (bytes.length < end) return bounded(end);
    fragments.push(bytes.subarray(at + RECORD_HEADER, end));
    gathered += end - at - RECORD_HEADER;
    at = end;
    if (gathered >= MESSAGE_HEADER) wanted = messageLength(join(fragments));
    // Nothing else may share its last record, since keys change after it.
    check(gathered <= Math.max(wanted, MESSAGE_HEADER));
  }
  return join(fragments).subarray(MESSAGE_HEADER);
}

/** Mostly there is one part, which needs no copy. */
export function join(parts: readonly Buffer[]): Buffer {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
}

function fragmentLength(bytes: Buffer, at: number): number {
  const length = bytes.readUInt16BE(at + 3);
  check(bytes[at] === HANDSHAKE && bytes[at + 1] === 3 && length > 0);
  return length;
}

function messageLength(header: Buffer): number {
  check(header[0] === CLIENT_HELLO);
  return bounded(MESSAGE_HEADER + header.readUIntBE(1, 3));
}

function bounded(length: number): number {
  check(length <= LARGEST_HELLO);
  return length;
}

function check(isSound: boolean): void {
  if (!isSound) throw new Malformed();
}

/** Takes fields off the front; a field that is longer than what is left is Malformed. */
class Fields {
  private at = 0;
  private readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  get isEmpty(): boolean {
    return this.at === this.bytes.length;
  }

  take(length: number): Buffer {
    check(length <= this.bytes.length - this.at);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  number(size: 1 | 2): number {
    return this.take(size).readUIntBE(0, size);
  }

  /** A vector with its length before it, in so many bytes. */
  vector(size: 1 | 2): Buffer {
    return this.take(this.number(size));
  }
}

function parseHello(message: Buffer): ClientHello {
  const fields = new Fields(message);
  const legacyVersion = fields.number(2);
  fields.take(32); // random
  check(fields.vector(1).length <= 32); // session
  check(fields.vector(2).length >= 2); // suites
  check(fields.vector(1).length >= 1); // compression
  if (fields.isEmpty) return { name: undefined, newest: legacyVersion };
  const extensions = parseExtensions(fields.vector(2));
  check(fields.isEmpty);
  const name = extensions.get(EXTENSION.serverName);
  const versions = extensions.get(EXTENSION.supportedVersions);
  return {
    name: name === undefined ? undefined : parseName(name),
    newest: versions === undefined ? legacyVersion : newestOf(versions),
  };
}

/** No type may come twice (section 4.2): two readers could take one each. */
function parseExtensions(bytes: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (const fields = new Fields(bytes); !fields.isEmpty; ) {
    const type = fields.number(2);
    check(!found.has(type));
    found.set(type, fields.vector(2));
  }
  return found;
}

/** Exactly one host name, of any bytes but zero, as OpenSSL has it. */
function parseName(extension: Buffer): string {
  const whole = new Fields(extension);
  const list = new Fields(whole.vector(2));
  check(list.number(1) === 0);
  const name = list.vector(2);
  check(whole.isEmpty && list.isEmpty && name.length > 0 && name.length <= 255 && !name.includes(0));
  return name.toString('latin1').toLowerCase();
}

function newestOf(extension: Buffer): number {
  const whole = new Fields(extension);
  const list = new Fields(whole.vector(1));
  check(whole.isEmpty && !list.isEmpty);
  let newest = 0;
  while (!list.isEmpty) {
    const version = list.number(2);
    if (!isGrease(version)) newest = Math.max(newest, version);
  }
  return newest;
}

/** Values that clients make up to keep servers tolerant (RFC 8701). */
function isGrease(value: number): boolean {
  return (value & 0x0f0f) === 0x0a0a && value >> 8 === (value & 0xff);
}
