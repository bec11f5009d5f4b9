import { generateKeyPairSync } from 'node:crypto';
import { selfSignedCertificate } from '#operator/keys/x509/certificate.ts';
import { validityFrom } from '#operator/keys/x509/validity.ts';

/** Throw-away certificates of service providers, and metadata documents around them. */

export interface SpCertificateOptions {
  /** Of its life from now on. */
  days?: number;
  bits?: number;
  /** An ECDSA key, which SAML cannot use. */
  isEc?: boolean;
}

/** PEM. */
export function spCertificate({ days = 365, bits = 2048, isEc = false }: SpCertificateOptions = {}): string {
  const { privateKey } = isEc
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
    : generateKeyPairSync('rsa', { modulusLength: bits });
  return selfSignedCertificate({ commonName: 'sp.example', privateKey }, validityFrom(new Date(), days));
}

/** base64 of DER, as metadata holds it. */
export function bare(pem: string): string {
  return pem.replaceAll(/-----[^-]+-----|\s/g, '');
}

export interface SpDocument {
  entityId?: string;
  acs?: string;
  certificates?: readonly string[];
  signsRequests?: boolean;
}

export function spMetadata({
  entityId = 'https://sp.example',
  acs,
  certificates = [],
  signsRequests,
}: SpDocument): string {
  const keys = certificates.map(
    pem =>
      `<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>${bare(pem)}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${entityId}">
  <md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol" AuthnRequestsSigned="${signsRequests ?? certificates.length > 0}">
    ${keys.join('\n    ')}
    <md:AssertionConsumerService index="0" Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="${acs ?? `${entityId}/acs`}"/>
  </md:SPSSODescriptor>
</md:EntityDescriptor>
`;
}
