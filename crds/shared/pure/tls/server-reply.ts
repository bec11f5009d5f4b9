/** Reads the first thing that a server says to a ClientHello (RFC 8446 sections 4.1.3, 5.1 and 6). Pure. */

export type ServerReply =
  /** The version and the suite that it chose, as on the wire; a HelloRetryRequest chooses both as well. */
  | { kind: 'hello'; version: number; suite: number }
  /** A fatal alert, or close_notify. */
  | { kind: 'alert'; description: number }
  | { kind: 'http' | 'not-tls' };

const RECORD_HEADER = 5;
const ALERT = 21;
const HANDSHAKE = 22;
const SERVER_HELLO = 2;
const WARNING = 1;
const SUPPORTED_VERSIONS = 43;
const NOT_TLS: ServerReply = { kind: 'not-tls' };

/** @returns undefined: more bytes are needed. */
export function readServerReply(bytes: Buffer): ServerReply | undefined {
  const fragments: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const type = bytes[at];
    if (type !== ALERT && type !== HANDSHAKE) return stranger(bytes, at);
    if (bytes.length < at + RECORD_HEADER) return undefined;
    const end = at + RECORD_HEADER + bytes.readUInt16BE(at + 3);
    if (bytes[at + 1] !== 3) return NOT_TLS;
    if (bytes.length < end) return undefined;
    const content = bytes.subarray(at + RECORD_HEADER, end);
    const reply = type === ALERT ? readAlert(content) : readHello(Buffer.concat([...fragments, content]));
    if (reply !== undefined) return reply;
    if (type === HANDSHAKE) fragments.push(content);
    at = end;
  }
  return undefined;
}

function stranger(bytes: Buffer, at: number): ServerReply | undefined {
  const start = bytes.toString('latin1', at, at + 5);
  if (at === 0 && 'HTTP/'.startsWith(start)) return start === 'HTTP/' ? { kind: 'http' } : undefined;
  return NOT_TLS;
}

/** A warning, such as unrecognized_name of an old server, does not end the handshake. */
function readAlert(content: Buffer): ServerReply | undefined {
  const [level, description] = content;
  if (description === undefined) return NOT_TLS;
  return level === WARNING && description !== 0 ? undefined : { kind: 'alert', description };
}

function readHello(message: Buffer): ServerReply | undefined {
  if (message.length < 4) return undefined;
  if (message[0] !== SERVER_HELLO) return NOT_TLS;
  const end = 4 + message.readUIntBE(1, 3);
  if (message.length < end) return undefined;
  const session = message[38] ?? 0;
  const suiteAt = 39 + session;
  if (end < suiteAt + 3) return NOT_TLS;
  const legacy = message.readUInt16BE(4);
  return {
    kind: 'hello',
    suite: message.readUInt16BE(suiteAt),
    version: selectedVersion(message.subarray(suiteAt + 3, end)) ?? legacy,
  };
}

/** @param bytes the extensions with their length before them, or nothing. */
function selectedVersion(bytes: Buffer): number | undefined {
  for (let at = 2; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt16BE(at + 2);
    if (bytes.readUInt16BE(at) === SUPPORTED_VERSIONS && length === 2 && at + 6 <= bytes.length)
      return bytes.readUInt16BE(at + 4);
    at += 4 + length;
  }
  return undefined;
}
