import { SamlError } from '../errors.ts';
import { LIMITS, type Parameter } from './binding.ts';

/** application/x-www-form-urlencoded, strictly: a signature covers the octets, so nothing may be read in two ways. */

/** Value as it stands in the text, still encoded. */
export type RawParameters = ReadonlyMap<string, string>;

const OURS = new Set(['SAMLRequest', 'SAMLResponse', 'RelayState', 'SigAlg', 'Signature', 'SAMLEncoding']);

/** Only what SAML knows; twice the same is refused. */
export function splitParameters(text: string): RawParameters {
  const found = new Map<string, string>();
  for (const pair of text.split('&')) {
    const at = pair.indexOf('=');
    const name = at < 0 ? pair : pair.slice(0, at);
    if (!OURS.has(decoded(name))) continue;
    // `SAML%52equest` would be another parameter to whoever rebuilds the octets by name.
    if (!OURS.has(name) || found.has(name)) throw new SamlError('MessageUnreadable', `${decoded(name)} is ambiguous.`);
    found.set(name, at < 0 ? '' : pair.slice(at + 1));
  }
  return found;
}

export function parameterOf(raw: RawParameters, name: string): string | undefined {
  const value = raw.get(name);
  return value === undefined ? undefined : decoded(value);
}

/** Exactly one message. */
export function messageOf(raw: RawParameters): { parameter: Parameter; text: string } {
  const [request, response] = [parameterOf(raw, 'SAMLRequest'), parameterOf(raw, 'SAMLResponse')];
  if (request !== undefined && response !== undefined)
    throw new SamlError('MessageUnreadable', 'A request and a response came at once.');
  const text = request ?? response;
  if (text === undefined || text === '')
    throw new SamlError('MessageMissing', 'This address is for applications: no SAML message came with the visit.');
  return { parameter: request === undefined ? 'SAMLResponse' : 'SAMLRequest', text };
}

/**
 * Echoed byte for byte, so what cannot be is refused: too long, not UTF-8 (refused when decoding), or with control
 * characters, which a form changes on its way (HTML, section 4.10.21.4).
 */
export function relayStateOf(raw: RawParameters): string | undefined {
  const value = parameterOf(raw, 'RelayState');
  if (value === undefined) return undefined;
  if (Buffer.byteLength(value) > LIMITS.relayState)
    throw new SamlError('MessageTooLarge', `RelayState is longer than ${LIMITS.relayState} bytes.`);
  if (/\p{Cc}/u.test(value)) throw new SamlError('MessageUnreadable', 'RelayState has a control character.');
  return value;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch (cause) {
    throw new SamlError('MessageUnreadable', 'A parameter is not encoded as UTF-8.', { cause });
  }
}
