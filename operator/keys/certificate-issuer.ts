/** Issues certificates for development; a tenant without a certificate of its own gets one where this is configured. */
export interface CertificateIssuer {
  /** PEM: the leaf first, then its chain; an ECDSA key as PKCS #8. */
  issue(hosts: string[]): Promise<{ cert: string; key: string; notAfter: Date }>;
}
