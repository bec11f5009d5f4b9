/**
 * Why a message was turned away without an answer to its sender: nobody is known for sure to have sent it, or there is
 * no address that we may answer to. A closed list; the person sees `message`, and no text is the sender's own.
 */

export type SamlErrorCode =
  | 'MessageMissing'
  | 'MessageTooLarge'
  | 'MessageUnreadable'
  | 'MessageUnexpected'
  | 'IssuerUnknown'
  | 'SignatureMissing'
  | 'SignatureRefused'
  | 'DestinationWrong'
  | 'TimeWrong'
  | 'Replayed'
  | 'ConsumerUnknown'
  | 'RequestGone'
  | 'OtherBrowser'
  | 'NotConfigured';

export interface SamlErrorOptions {
  cause?: unknown;
  /** The application that is known to have asked, for a way back and for the log. */
  entityId?: string;
}

export class SamlError extends Error {
  readonly code: SamlErrorCode;
  /** What HTTP says. */
  readonly status: number;
  readonly entityId: string | undefined;
  constructor(code: SamlErrorCode, message: string, options: SamlErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = 'SamlError';
    this.code = code;
    this.status = STATUS[code];
    this.entityId = options.entityId;
  }
}

const STATUS: Record<SamlErrorCode, number> = {
  MessageMissing: 400,
  MessageTooLarge: 413,
  MessageUnreadable: 400,
  MessageUnexpected: 400,
  IssuerUnknown: 403,
  SignatureMissing: 403,
  SignatureRefused: 403,
  DestinationWrong: 400,
  TimeWrong: 400,
  Replayed: 400,
  ConsumerUnknown: 400,
  RequestGone: 400,
  OtherBrowser: 400,
  NotConfigured: 404,
};
