/** Paths of SAML under the issuer. The IdP serves them, the operator writes them into metadata and output ConfigMaps. */
export const SAML_ENDPOINTS = {
  metadata: '/saml/metadata',
  singleSignOn: '/saml/sso',
  singleLogout: '/saml/slo',
} as const;

/** The entityID of a tenant's identity provider: by convention the address of its metadata (Metadata, section 4.1). */
export function idpEntityId(issuer: string): string {
  return issuer + SAML_ENDPOINTS.metadata;
}
