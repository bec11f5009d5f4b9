import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { canonicalize } from '#crds/shared/pure/xml/canonical.ts';
import { fromBase64, signRsa } from '#crds/shared/pure/xml/rsa.ts';
import { SIGNING } from '#crds/shared/pure/xml/signature-names.ts';
import { SamlError } from '../errors.ts';
import { type Binding, type Delivery, LIMITS, type Outgoing, type Received } from './binding.ts';
import { messageOf, parameterOf, type RawParameters, relayStateOf, splitParameters } from './parameters.ts';

/** HTTP-Redirect with DEFLATE (Bindings, section 3.4): the message in the query, its signature beside it. */

const DEFLATE = 'urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE';

export const redirect: Binding = { decode, encode };

function decode(query: string): Received {
  if (query.length > LIMITS.query) throw new SamlError('MessageTooLarge', 'The address with the message is too long.');
  const raw = splitParameters(query);
  const { parameter, text } = messageOf(raw);
  const encoding = parameterOf(raw, 'SAMLEncoding') ?? DEFLATE;
  if (encoding !== DEFLATE) throw new SamlError('MessageUnreadable', 'SAMLEncoding is unknown.');
  const xml = inflate(text);
  const relayState = relayStateOf(raw);
  return { parameter, xml, relayState, detached: detachedOf(raw, parameter), enveloped: false };
}

/** The limit holds while inflating: a bomb costs no more than an honest message. */
function inflate(text: string): Uint8Array {
  const deflated = fromBase64(text);
  if (deflated === undefined) throw new SamlError('MessageUnreadable', 'The message is not base64.');
  try {
    return inflateRawSync(deflated, { maxOutputLength: LIMITS.xml });
  } catch (cause) {
    const tooLarge = cause instanceof RangeError;
    throw tooLarge
      ? new SamlError('MessageTooLarge', 'The message is too large.', { cause })
      : new SamlError('MessageUnreadable', 'The message cannot be inflated.', { cause });
  }
}

/**
 * Section 3.4.4.1: signed are the parameters in this order, encoded as the sender encoded them. Encoding them again
 * would sign something else (case of %2b, `+` for a space), so the octets are cut out of the query.
 */
function detachedOf(raw: RawParameters, parameter: string): Received['detached'] {
  const [algorithm, signature] = [parameterOf(raw, 'SigAlg'), parameterOf(raw, 'Signature')];
  if (algorithm === undefined && signature === undefined) return undefined;
  const bytes = fromBase64(signature ?? '');
  if (algorithm === undefined || bytes === undefined)
    throw new SamlError('SignatureRefused', 'The signature of the message is incomplete.');
  const signed = [parameter, 'RelayState', 'SigAlg'].flatMap(name => {
    const value = raw.get(name);
    return value === undefined ? [] : [`${name}=${value}`];
  });
  return { algorithm, octets: Buffer.from(signed.join('&')), signature: bytes };
}

function encode({ parameter, document, destination, relayState, sign }: Outgoing): Delivery {
  const message = deflateRawSync(Buffer.from(canonicalize(document))).toString('base64');
  const parts = [`${parameter}=${encodeURIComponent(message)}`];
  if (relayState !== undefined) parts.push(`RelayState=${encoded(relayState)}`);
  if (sign !== undefined) {
    const { hash, signature } = SIGNING[sign.algorithm];
    parts.push(`SigAlg=${encodeURIComponent(signature)}`);
    const value = signRsa(hash, Buffer.from(parts.join('&')), sign.key.key);
    parts.push(`Signature=${encodeURIComponent(value)}`);
  }
  // Section 3.4.3: an address may have a query of its own already.
  return { kind: 'redirect', location: `${destination}${destination.includes('?') ? '&' : '?'}${parts.join('&')}` };
}

/** A browser writes `'` in a query as %27 (URL standard, special-query percent-encode set): sign what it will send. */
function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll("'", '%27');
}
