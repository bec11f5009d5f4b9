import type { OutboundCode } from './outbound-error.ts';

/**
 * Which failure an error of Node is. Node's own names for OpenSSL's errors change between releases and between https and
 * tls; the eight hexadecimal digits of OpenSSL in the message do not.
 */

/** `isDoubtful`: the same error has several causes, of which a diagnostic ClientHello can name one. */
export interface Classified {
  code: OutboundCode;
  isDoubtful?: true;
  detail?: string;
}

const OPENSSL: Readonly<Record<string, Classified>> = {
  '0A000102': { code: 'TooOld', isDoubtful: true }, // unsupported protocol: the ServerHello was older than 1.2
  '0A00042E': { code: 'TooOld', isDoubtful: true }, // alert 70, protocol_version
  '0A000410': { code: 'NoCommonSuite', isDoubtful: true }, // alert 40, handshake_failure
  '0A00042F': { code: 'NoCommonSuite', isDoubtful: true }, // alert 71, insufficient_security
  '0A00018A': { code: 'NoCommonSuite', detail: 'a Diffie-Hellman key that is too small' },
  '0A00010B': { code: 'NotTls', isDoubtful: true }, // wrong version number
  '0A0000C6': { code: 'NotTls', isDoubtful: true }, // packet length too long
  '0A000126': { code: 'Reset', isDoubtful: true }, // unexpected EOF while reading
  '0A000458': { code: 'UnknownName' }, // alert 112
  '0A00045C': { code: 'ClientCertificateWanted' }, // alert 116
  '0A000412': { code: 'ClientCertificateWanted' }, // alert 42, bad_certificate: ours
  '0A000416': { code: 'ClientCertificateWanted' }, // alert 46, certificate_unknown
  '0A000418': { code: 'ClientCertificateWanted' }, // alert 48, unknown_ca
};

const UNTRUSTED: Classified = { code: 'UntrustedChain' };

const NODE: Readonly<Record<string, Classified>> = {
  ECONNRESET: { code: 'Reset', isDoubtful: true },
  EPIPE: { code: 'Reset', isDoubtful: true },
  ECONNREFUSED: { code: 'Refused' },
  ETIMEDOUT: { code: 'Timeout', detail: 'answer' },
  ERR_SOCKET_CONNECTION_TIMEOUT: { code: 'Timeout', detail: 'answer' },
  EHOSTUNREACH: { code: 'Unreachable' },
  ENETUNREACH: { code: 'Unreachable' },
  EADDRNOTAVAIL: { code: 'Unreachable' },
  EACCES: { code: 'Unreachable' },
  EPERM: { code: 'Unreachable' },
  ERR_TLS_CERT_ALTNAME_INVALID: { code: 'NameMismatch' },
  HOSTNAME_MISMATCH: { code: 'NameMismatch' },
  CERT_HAS_EXPIRED: { code: 'Expired' },
  CERT_NOT_YET_VALID: { code: 'NotYetValid' },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  CERT_UNTRUSTED: UNTRUSTED,
  CERT_REJECTED: UNTRUSTED,
  CERT_REVOKED: UNTRUSTED,
  CERT_SIGNATURE_FAILURE: UNTRUSTED,
  CERT_CHAIN_TOO_LONG: UNTRUSTED,
  INVALID_CA: UNTRUSTED,
  INVALID_PURPOSE: UNTRUSTED,
  PATH_LENGTH_EXCEEDED: UNTRUSTED,
  UNSPECIFIED: UNTRUSTED,
};

/** @param isSecure whether the handshake was over when the error came. */
export function classify(error: unknown, isSecure: boolean): Classified {
  const { code, message } = wordsOf(error);
  const openssl = OPENSSL[/:error:([0-9A-F]{8}):/.exec(message)?.[1] ?? ''];
  if (openssl !== undefined) return openssl;
  const known = NODE[code];
  // A cut after the handshake is no question of TLS: there is nothing to ask again.
  if (known !== undefined) return isSecure ? { code: known.code } : { detail: code, ...known };
  if (isSecure) return { code: 'BadAnswer', detail: code };
  return { code: 'HandshakeFailed', detail: code };
}

function wordsOf(error: unknown): { code: string; message: string } {
  const { code = 'unknown', message = '' } = error as Partial<NodeJS.ErrnoException>;
  return { code, message };
}
