import { canonicalize } from '#crds/shared/pure/xml/canonical.ts';
import { fromBase64 } from '#crds/shared/pure/xml/rsa.ts';
import { signEnveloped } from '#crds/shared/pure/xml/sign.ts';
import { SamlError } from '../errors.ts';
import { type Binding, type Delivery, LIMITS, type Outgoing, type Received } from './binding.ts';
import { messageOf, relayStateOf, splitParameters } from './parameters.ts';

/** HTTP-POST (Bindings, section 3.5): the message in a hidden field of a form, its signature inside it. */

/** Behind the Issuer, as the schema of every protocol message wants it. */
const BEHIND_ISSUER = 1;

export const post: Binding = { decode, encode };

function decode(form: string): Received {
  if (form.length > LIMITS.form) throw new SamlError('MessageTooLarge', 'The message is too large.');
  const raw = splitParameters(form);
  const { parameter, text } = messageOf(raw);
  const xml = fromBase64(text);
  if (xml === undefined) throw new SamlError('MessageUnreadable', 'The message is not base64.');
  return { parameter, xml, relayState: relayStateOf(raw), detached: undefined, enveloped: true };
}

function encode({ parameter, document, destination, relayState, sign }: Outgoing): Delivery {
  const signed = sign
    ? signEnveloped(document, sign.key, { algorithm: sign.algorithm, behind: BEHIND_ISSUER })
    : document;
  const message = Buffer.from(canonicalize(signed)).toString('base64');
  return {
    kind: 'form',
    action: destination,
    fields: relayState === undefined ? { [parameter]: message } : { [parameter]: message, RelayState: relayState },
  };
}
