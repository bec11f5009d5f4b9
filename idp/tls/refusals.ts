/** Why a handshake was refused, as a closed list: it is a metric label and the word in the log. */

export type Refusal =
  | 'too-old'
  | 'no-common-suite'
  | 'no-name'
  | 'unknown-name'
  | 'not-tls'
  | 'malformed'
  | 'timed-out'
  | 'hung-up'
  | 'other';

/** OpenSSL's and Node's codes; what is not here is `other`. */
const REASONS: Record<string, Refusal> = {
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'too-old',
  ERR_SSL_VERSION_TOO_LOW: 'too-old',
  ERR_SSL_WRONG_VERSION_NUMBER: 'not-tls',
  ERR_SSL_NO_SHARED_CIPHER: 'no-common-suite',
  ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM: 'no-common-suite',
  ERR_SSL_HTTP_REQUEST: 'not-tls',
  ERR_SSL_HTTPS_PROXY_REQUEST: 'not-tls',
  ERR_SSL_UNKNOWN_PROTOCOL: 'not-tls',
  ERR_SSL_BAD_RECORD_TYPE: 'not-tls',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'timed-out',
  ECONNRESET: 'hung-up',
  EPIPE: 'hung-up',
};

/** Thrown to OpenSSL where the tenant is gone since its hello was read; comes back as the error of the handshake. */
export class UnknownName extends Error {
  readonly code = 'UNKNOWN_NAME';
}

export function refusalOf(error: unknown): Refusal {
  return error instanceof UnknownName ? 'unknown-name' : (REASONS[codeOf(error)] ?? 'other');
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
