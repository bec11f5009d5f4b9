import { seconds } from '#crds/schema/fragments.ts';
import type { ConfigMap, SsoTenant } from '#crds/schema/kinds.ts';
import {
  DOCUMENT_KEY,
  FORMAT,
  type SecretPointer,
  type SourceDocument,
  type TenantDocument,
  tenantDocument,
} from '#crds/schema/live-config.ts';
import { type ChildOf, childMetadata, uidOf } from './child.ts';
import { issuerOf } from './issuer.ts';
import { tenantChild } from './names.ts';
import { tlsPolicyOf } from './tls-policy.ts';

/** The live configuration of a tenant. Defaults of the API live here, since there are none in the schema. */

export interface TenantPointers {
  keys: SecretPointer;
  certificate: SecretPointer | null;
  /** By source name, for every source of the spec. */
  sources: ReadonlyMap<string, SecretPointer>;
}

const SESSION_LIFETIME = '12h';

export function renderTenantDocument(tenant: SsoTenant, pointers: TenantPointers, publicPort: number): TenantDocument {
  const { spec, metadata } = tenant;
  return {
    format: FORMAT,
    document: 'tenant',
    uid: uidOf(tenant),
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    generation: metadata.generation ?? 0,
    displayName: spec.displayName ?? metadata.name,
    domain: spec.domain,
    issuer: issuerOf(spec.domain, publicPort),
    paused: spec.paused ?? false,
    keys: pointers.keys,
    certificate: pointers.certificate,
    tls: tlsPolicyOf(spec),
    sources: spec.identitySources.flatMap(source => renderSource(source, pointers.sources)),
    sessions: { lifetimeSeconds: seconds(spec.sessions?.lifetime ?? SESSION_LIFETIME) },
  };
}

function renderSource(
  source: SsoTenant['spec']['identitySources'][number],
  pointers: ReadonlyMap<string, SecretPointer>,
): SourceDocument[] {
  const secret = pointers.get(source.name);
  if (secret === undefined) return [];
  return [{ type: 'users', name: source.name, displayName: source.displayName ?? source.name, secret }];
}

export function renderTenantConfigMap(child: ChildOf, document: TenantDocument): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: childMetadata(tenantChild.configMap(document.uid), child),
    data: { [DOCUMENT_KEY]: JSON.stringify(tenantDocument.parse(document), null, 2) },
  };
}
