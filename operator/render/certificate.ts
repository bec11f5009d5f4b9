import type { ICertificate } from '@kubernetes-models/cert-manager/cert-manager.io/v1/Certificate';
import type { KubeObject, SsoTenant } from '#crds/schema/kinds.ts';
import type { IssuerRef } from '#crds/schema/sso-tenant.ts';
import { type ChildOf, outerMetadata, uidOf } from './child.ts';
import { tenantChild } from './names.ts';

/**
 * What cert-manager is asked for. Whatever stands here is compared with what is there, and a changed name, issuer, usage
 * or key makes cert-manager issue anew: nothing here may depend on anything but the spec.
 */

export interface Certificate extends KubeObject {
  kind: 'Certificate';
  spec: NonNullable<ICertificate['spec']>;
  status?: ICertificate['status'];
}

const GROUP = 'cert-manager.io';
const KEY_SIZE = 256;

export function renderCertificate(tenant: SsoTenant, issuer: IssuerRef, child: ChildOf): Certificate {
  const uid = uidOf(tenant);
  const metadata = outerMetadata(tenantChild.certificate(uid), child);
  return {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata,
    spec: {
      secretName: tenantChild.issued(uid),
      // Our watch of Secrets sees by label.
      secretTemplate: { labels: metadata.labels ?? {}, annotations: metadata.annotations ?? {} },
      // No common name: RFC 9525 section 2 knows only the subject alternative name, and 64 characters are few.
      dnsNames: [tenant.spec.domain],
      // In full: a default that cert-manager writes would look like a change.
      issuerRef: { group: issuer.group ?? GROUP, kind: issuer.kind, name: issuer.name },
      privateKey: {
        algorithm: 'ECDSA',
        size: tenant.spec.certificate?.keySize ?? KEY_SIZE,
        encoding: 'PKCS8',
        // With Never a key of another algorithm would be kept for ever.
        rotationPolicy: 'Always',
      },
      // The default adds key encipherment, which an ECDSA key does not have.
      usages: ['digital signature', 'server auth'],
      revisionHistoryLimit: 1,
    },
  };
}
