import type { ConfigMap, Secret } from '#crds/schema/kinds.ts';
import { type Certificate, renderCertificate } from '#operator/render/certificate.ts';
import type { ChildOf } from '#operator/render/child.ts';
import { type Ingress, renderIngress } from '#operator/render/ingress.ts';
import { tenantChild } from '#operator/render/names.ts';
import { pointerTo, renderSecret, renderTlsSecret } from '#operator/render/secret.ts';
import { renderTenantConfigMap, renderTenantDocument } from '#operator/render/tenant-config-map.ts';
import type { House } from './house.ts';
import { fitDriver } from './tenant-exposure.ts';
import type { TenantScene } from './tenant-gather.ts';
import type { TenantFindings } from './tenant-judge.ts';
import type { TenantMaterial } from './tenant-mint.ts';

/** An object as it should be, the one that is there as it is, or none. */
export type Wanted<T> = { wish: T } | 'kept' | 'gone';

/** Every object that a tenant should have. */
export interface TenantWish {
  secrets: Secret[];
  /** undefined: something is missing that it cannot do without. */
  configMap: ConfigMap | undefined;
  certificate: Wanted<Certificate>;
  ingress: Wanted<Ingress>;
}

interface Case {
  house: House;
  scene: TenantScene;
  findings: TenantFindings;
  material: TenantMaterial;
}

export function renderTenant(given: Case): TenantWish {
  const { house, scene, material } = given;
  const { uid, tenant, exposure } = scene;
  const child: ChildOf = { owner: tenant, idpNamespace: house.settings.idpNamespace, tenantUid: uid };
  const keys = renderSecret(tenantChild.keys(uid), child, material.keys);
  const pair = material.certificate ? renderTlsSecret(tenantChild.tls(uid), child, material.certificate) : undefined;
  const sources = [...material.sources].map(
    ([name, data]) => [name, renderSecret(tenantChild.source(uid, name), child, data)] as const,
  );
  // Whoever ends TLS needs the pair; behind an ingress that is not the IdP.
  const isComplete = (exposure !== 'pod' || pair !== undefined) && sources.length > 0;
  const pointers = {
    keys: pointerTo(keys),
    certificate: exposure === 'pod' && pair !== undefined ? pointerTo(pair) : null,
    sources: new Map(sources.map(([name, secret]) => [name, pointerTo(secret)])),
  };
  return {
    secrets: [keys, ...(pair === undefined ? [] : [pair]), ...sources.map(([, secret]) => secret)],
    configMap: isComplete
      ? renderTenantConfigMap(child, renderTenantDocument(tenant, pointers, house.settings.publicPort))
      : undefined,
    certificate: wantCertificate(given, child),
    ingress: wantIngress(given, child),
  };
}

/** One that is there stays while its issuer may not be named or cert-manager is away: what it brought is still good. */
function wantCertificate({ scene, findings }: Case, child: ChildOf): Wanted<Certificate> {
  if (scene.tenant.spec.certificate?.issuerRef === undefined) return 'gone';
  return findings.issuer === undefined ? 'kept' : { wish: renderCertificate(scene.tenant, findings.issuer, child) };
}

/**
 * Nothing is published where the profile would not be kept, or without a certificate: the controller would show its own.
 * While its class is away an Ingress stays: nobody else reads it.
 */
function wantIngress({ house, scene, material }: Case, child: ChildOf): Wanted<Ingress> {
  const className = scene.tenant.spec.exposure?.ingress?.className;
  if (scene.exposure !== 'ingress' || className === undefined) return 'gone';
  if (scene.ingressClass === undefined || !material.certificate) return 'kept';
  const driver = fitDriver(scene);
  if (driver === undefined) return 'gone';
  return { wish: renderIngress(scene.tenant, { className, driver, service: house.settings.idpService }, child) };
}
