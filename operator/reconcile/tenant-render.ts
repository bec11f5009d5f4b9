import type { ConfigMap, Secret } from '#crds/schema/kinds.ts';
import type { ChildOf } from '#operator/render/child.ts';
import { tenantChild } from '#operator/render/names.ts';
import { pointerTo, renderSecret } from '#operator/render/secret.ts';
import { renderTenantConfigMap, renderTenantDocument } from '#operator/render/tenant-config-map.ts';
import type { House } from './house.ts';
import type { TenantScene } from './tenant-gather.ts';
import type { TenantMaterial } from './tenant-mint.ts';

/** Every object that a tenant should have. */
export interface TenantWish {
  secrets: Secret[];
  /** undefined: something is missing that it cannot do without. */
  configMap: ConfigMap | undefined;
}

export function renderTenant(house: House, scene: TenantScene, material: TenantMaterial): TenantWish {
  const { uid, tenant } = scene;
  const child: ChildOf = { owner: tenant, idpNamespace: house.settings.idpNamespace, tenantUid: uid };
  const keys = renderSecret(tenantChild.keys(uid), child, material.keys);
  const certificate = material.certificate
    ? renderSecret(tenantChild.tls(uid), child, material.certificate)
    : undefined;
  const sources = [...material.sources].map(
    ([name, data]) => [name, renderSecret(tenantChild.source(uid, name), child, data)] as const,
  );
  const isComplete = material.certificate !== undefined && sources.length > 0;
  const pointers = {
    keys: pointerTo(keys),
    certificate: certificate === undefined ? null : pointerTo(certificate),
    sources: new Map(sources.map(([name, secret]) => [name, pointerTo(secret)])),
  };
  return {
    secrets: [keys, ...(certificate === undefined ? [] : [certificate]), ...sources.map(([, secret]) => secret)],
    configMap: isComplete
      ? renderTenantConfigMap(child, renderTenantDocument(tenant, pointers, house.settings.publicPort))
      : undefined,
  };
}
