import { type Case, type Manifest, manifest, refused, taken } from './case.ts';

/** What the API takes and refuses of how a tenant is reached, and with which certificate. */

const TENANT = {
  domain: 'login.acme.example',
  identitySources: [{ name: 'people', users: { secretRef: { name: 'people' } } }],
};
const ISSUER = { kind: 'ClusterIssuer', name: 'letsencrypt' };
const INGRESS = { ingress: { className: 'haproxy' } };

const tenant = (change: Record<string, unknown>): Manifest => manifest('SsoTenant', TENANT, change);
const NEITHER = 'name exactly one of issuerRef and secretRef';

export const EXPOSURE_CASES: Case[] = [
  taken(
    'an ingress with an issuer and TLS fields',
    tenant({
      exposure: INGRESS,
      certificate: { issuerRef: { group: 'cert-manager.io', ...ISSUER }, keySize: 384 },
      tls: { profile: 'Strict', minVersion: '1.3' },
    }),
  ),
  taken('an ingress with a Secret', tenant({ exposure: INGRESS, certificate: { secretRef: { name: 'acme-tls' } } })),
  taken('an issuer for the IdP itself', tenant({ certificate: { issuerRef: { kind: 'Issuer', name: 'ca' } } })),
  refused('an ingress without a class', tenant({ exposure: { ingress: {} } }), 'spec.exposure.ingress.className'),
  refused(
    'an ingress and a pod',
    tenant({ exposure: { ...INGRESS, pod: {} } }),
    'spec.exposure',
    'name exactly one of pod, ingress and none',
  ),
  refused('a certificate from nowhere', tenant({ certificate: {} }), 'spec.certificate', NEITHER),
  refused(
    'a certificate from two places',
    tenant({ certificate: { issuerRef: ISSUER, secretRef: { name: 'acme-tls' } } }),
    'spec.certificate',
    NEITHER,
  ),
  refused(
    'a key size for a brought certificate',
    tenant({ certificate: { secretRef: { name: 'acme-tls' }, keySize: 256 } }),
    'spec.certificate.keySize',
    'keySize goes with issuerRef',
  ),
  refused(
    'a key size of RSA',
    tenant({ certificate: { issuerRef: ISSUER, keySize: 2048 } }),
    'spec.certificate.keySize',
    'an ECDSA key has 256 or 384 bits here',
  ),
  refused(
    'an issuer of another group',
    tenant({ certificate: { issuerRef: { ...ISSUER, group: 'example.com' } } }),
    'spec.certificate.issuerRef.group',
  ),
  refused(
    'an issuer of another kind',
    tenant({ certificate: { issuerRef: { kind: 'VaultIssuer', name: 'x' } } }),
    'spec.certificate.issuerRef.kind',
  ),
  refused(
    'an issuer where nobody would show the certificate',
    tenant({ exposure: { none: {} }, certificate: { issuerRef: ISSUER } }),
    'spec.certificate',
    'certificate.issuerRef needs exposure pod or ingress: with none nobody would show the certificate',
  ),
];
