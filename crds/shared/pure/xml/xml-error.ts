/** Why a document was not read, not written or not believed. A closed list; messages never carry content. */

export type XmlErrorCode =
  // reading
  | 'TooLarge'
  | 'NotUtf8'
  | 'NotWellFormed'
  | 'Declaration'
  | 'DocumentType'
  | 'ProcessingInstruction'
  | 'Comment'
  | 'TooDeep'
  | 'TooManyElements'
  | 'TooManyAttributes'
  | 'DuplicateId'
  | 'RelativeNamespace'
  // writing
  | 'Unwritable'
  // signatures
  | 'SignatureMissing'
  | 'SignatureMisplaced'
  | 'SignatureMalformed'
  | 'SignatureAlgorithm'
  | 'SignatureReference'
  | 'SignatureTransform'
  | 'SignatureKey'
  | 'SignatureWrong'
  | 'DigestWrong'
  | 'KeyNotRsa';

export class XmlError extends Error {
  readonly code: XmlErrorCode;
  constructor(code: XmlErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'XmlError';
    this.code = code;
  }
}
