import { createHash } from 'node:crypto';
import { idpEntityId, SAML_ENDPOINTS } from '#crds/schema/saml-endpoints.ts';
import { canonicalize } from '../xml/canonical.ts';
import { type SigningKey, signEnveloped } from '../xml/sign.ts';
import { DS } from '../xml/signature-names.ts';
import type { XmlElement } from '../xml/tree.ts';
import { element } from '../xml/write.ts';
import { BINDING_URIS, MD, NAME_ID_FORMATS, PROTOCOL } from './names.ts';

/** What a service provider needs to know of a tenant (saml-metadata-2.0-os, section 2.4.3). Equal input, equal bytes. */

export interface IdpDescription {
  /** `https://<domain>`, with the public port. */
  issuer: string;
  /** Every certificate that signs now or will soon: base64 of DER, the current one first. */
  certificates: readonly string[];
}

const BINDINGS = [BINDING_URIS.Redirect, BINDING_URIS.POST];

/** A signed EntityDescriptor as text, UTF-8. Throws XmlError KeyNotRsa. */
export function idpMetadata(description: IdpDescription, by: SigningKey): string {
  const signed = signEnveloped(entityDescriptor(description), by, { algorithm: 'rsa-sha256', behind: 0 });
  return canonicalize(signed);
}

function entityDescriptor({ issuer, certificates }: IdpDescription): XmlElement {
  const entityID = idpEntityId(issuer);
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([entityID, certificates]))
    .digest('hex');
  // The order of the children is that of the schema.
  return element(MD, 'EntityDescriptor', { ID: `_${fingerprint}`, entityID }, [
    element(MD, 'IDPSSODescriptor', { protocolSupportEnumeration: PROTOCOL }, [
      ...certificates.map(keyDescriptor),
      ...services('SingleLogoutService', issuer + SAML_ENDPOINTS.singleLogout),
      ...Object.values(NAME_ID_FORMATS).map(format => element(MD, 'NameIDFormat', {}, [format])),
      ...services('SingleSignOnService', issuer + SAML_ENDPOINTS.singleSignOn),
    ]),
  ]);
}

function services(name: string, location: string): XmlElement[] {
  return BINDINGS.map(binding => element(MD, name, { Binding: binding, Location: location }));
}

function keyDescriptor(certificate: string): XmlElement {
  const holder = element(DS, 'X509Data', {}, [element(DS, 'X509Certificate', {}, [certificate])]);
  return element(MD, 'KeyDescriptor', { use: 'signing' }, [element(DS, 'KeyInfo', {}, [holder])]);
}
