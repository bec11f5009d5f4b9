/** Why a call to somebody else's endpoint failed: a closed list, each in words for the person who owns the connector. */

export type OutboundCode =
  /** The address itself: not https, or a name and password in it. */
  | 'BadAddress'
  /** The guard forbids where it leads. */
  | 'Blocked'
  | 'DnsFailed'
  | 'Refused'
  | 'Unreachable'
  | 'Timeout'
  | 'Reset'
  /** Speaks nothing newer than TLS 1.1. */
  | 'TooOld'
  | 'PlainHttp'
  | 'NotTls'
  | 'NoCommonSuite'
  /** TLS works there, but not for this name. */
  | 'UnknownName'
  | 'ClientCertificateWanted'
  | 'UntrustedChain'
  | 'NameMismatch'
  | 'Expired'
  | 'NotYetValid'
  /** Any other end of the handshake. */
  | 'HandshakeFailed'
  | 'TooLarge'
  /** Not HTTP, or ended before its end. */
  | 'BadAnswer'
  | 'Status';

/** What the sentence is made of. Never a path, a query, a header or a body: those may hold secrets. */
export interface Scene {
  /** `host:port`. */
  where: string;
  /** The address that was dialled, when there was one. */
  address?: string | undefined;
  /** What is known beyond the code: a version, a limit, a status. */
  detail?: string | undefined;
}

const SENTENCES: Record<OutboundCode, (detail: string) => string> = {
  BadAddress: detail => `cannot be called: ${detail}.`,
  Blocked: detail => `leads to ${detail}, where the operator does not let calls go. Its administrator may allow it.`,
  DnsFailed: detail => `has no address: ${detail}. Check the name and the DNS of this machine.`,
  Refused: () => 'refuses the connection: nothing listens on that port.',
  Unreachable: detail => `cannot be reached (${detail}). Check routes and firewalls.`,
  Timeout: detail => `did not ${detail} in time.`,
  Reset: () => 'cut the connection off. A firewall, a filter by name, or a very old server does that.',
  TooOld: detail => `speaks only ${detail}; TLS 1.2 or newer is required. Ask its owner to enable TLS 1.2.`,
  PlainHttp: () => 'speaks plain HTTP on that port. Use the port of HTTPS.',
  NotTls: () => 'does not speak TLS on that port. Check the port, and proxies in between.',
  NoCommonSuite: detail =>
    `shares no cipher suite with us${detail === '' ? '' : `; it would take ${detail}`}. Ask its owner to enable ECDHE suites with AES-GCM.`,
  UnknownName: () => 'does not serve this name. Check the host name.',
  ClientCertificateWanted: () => 'wants a client certificate. Configure one for this connection.',
  UntrustedChain: detail => `shows a certificate that nobody trusted here has signed (${detail}). Configure its CA.`,
  NameMismatch: detail => `shows a certificate for another name${detail === '' ? '' : ` (${detail})`}.`,
  Expired: () => 'shows an expired certificate. Ask its owner to renew it.',
  NotYetValid: () => 'shows a certificate that is not valid yet. Check the clocks.',
  HandshakeFailed: detail => `failed the TLS handshake (${detail}).`,
  TooLarge: detail => `answered with more than ${detail}.`,
  BadAnswer: detail => `gave an answer that is not sound HTTP (${detail}).`,
  Status: detail => `answered ${detail}.`,
};

export class OutboundError extends Error {
  readonly code: OutboundCode;
  /** Of an answer that was not wanted; else undefined. */
  readonly status: number | undefined;

  constructor(code: OutboundCode, scene: Scene, options: { cause?: unknown; status?: number } = {}) {
    const { where, address, detail = '' } = scene;
    const place = address === undefined || where.includes(address) ? where : `${where} (${address})`;
    super(`${place} ${SENTENCES[code](detail)}`, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.status = options.status;
  }
}
