import { LABELS } from '#crds/schema/group.ts';
import type { ConfigMap, Secret, SsoTenant } from '#crds/schema/kinds.ts';
import type { Certificate } from '#operator/render/certificate.ts';
import { uidOf } from '#operator/render/child.ts';
import { type Exposure, exposureOf } from '#operator/render/exposure.ts';
import type { Ingress, IngressClass } from '#operator/render/ingress.ts';
import { tenantChild } from '#operator/render/names.ts';
import { type Brought, readBrought } from '#operator/rules/brought-secret.ts';
import { type Claim, isClaimable, ownerOf, type Proof, proofOf } from '#operator/rules/domain.ts';
import type { Replica } from '#operator/rules/programmed.ts';
import { childKey, type House } from './house.ts';
import { readingOf } from './named-reader.ts';
import { kindKey } from './world.ts';

/** Everything that one reconcile of a tenant looks at, read before anything is decided. */
export interface TenantScene {
  tenant: SsoTenant;
  uid: string;
  namespace: string;
  proof: Proof;
  owner: Claim | undefined;
  /** The live configuration of a tenant that is gone still names the domain. */
  isBeingFreed: boolean;
  /** By source name. */
  sources: ReadonlyMap<string, Brought>;
  /** undefined: no secretRef. */
  certificate: Brought | undefined;
  /** How it is reached here: without a cluster always by the IdP itself. */
  exposure: Exposure;
  /** The one that the tenant names, if it names one and it is there. */
  ingressClass: IngressClass | undefined;
  /** The cluster serves cert-manager's API. */
  hasCertManager: boolean;
  live: {
    configMap: ConfigMap | undefined;
    secrets: ReadonlyMap<string, Secret>;
    certificate: Certificate | undefined;
    ingress: Ingress | undefined;
  };
  /** Live clients. */
  attached: { oidc: number; saml: number };
  replicas: readonly Replica[];
}

export const USERS_KEY = 'users.yaml';
export const CERTIFICATE_KEYS = ['tls.crt', 'tls.key'] as const;

export async function gatherTenant(house: House, tenant: SsoTenant): Promise<TenantScene> {
  const uid = uidOf(tenant);
  const proof = await prove(house, tenant);
  if (proof === 'found') house.proven.add(uid);
  const { world } = house;
  const holders = world.configMaps.by('domain', tenant.spec.domain);
  return {
    tenant,
    uid,
    namespace: tenant.metadata.namespace ?? '',
    proof,
    owner: ownerOf(claimsOf(house, tenant.spec.domain)),
    isBeingFreed: holders.some(holder => !isExplained(house, holder)),
    sources: await gatherSources(house, tenant),
    certificate: await gatherCertificate(house, tenant),
    exposure: isByItself(house, tenant) ? 'pod' : exposureOf(tenant.spec),
    ingressClass: world.ingressClasses.get(tenant.spec.exposure?.ingress?.className ?? ''),
    hasCertManager: world.certificates.isServed,
    live: liveOf(house, uid),
    attached: {
      oidc: world.configMaps.count('clientsOf', kindKey(uid, 'OidcClient')),
      saml: world.configMaps.count('clientsOf', kindKey(uid, 'SamlClient')),
    },
    replicas: house.replicas(),
  };
}

function isByItself({ settings }: House, { spec }: SsoTenant): boolean {
  return settings.endsTlsItself === true && spec.exposure?.ingress !== undefined;
}

function liveOf(house: House, uid: string): TenantScene['live'] {
  const { configMaps, secrets, certificates, ingresses } = house.world;
  return {
    configMap: configMaps.get(childKey(house, tenantChild.configMap(uid))),
    secrets: new Map(secrets.by('owner', uid).map(secret => [secret.metadata.name, secret])),
    certificate: certificates.get(childKey(house, tenantChild.certificate(uid))),
    ingress: ingresses.get(childKey(house, tenantChild.ingress(uid))),
  };
}

function isExplained({ world }: House, holder: ConfigMap): boolean {
  return world.tenants.count('uid', holder.metadata.labels?.[LABELS.ownerUid] ?? '') > 0;
}

/** It owned the domain before: its keys are made only once it is accepted, and nobody else could make them. */
function isHolder(house: House, uid: string): boolean {
  const { configMaps, secrets } = house.world;
  const hasDocument = configMaps.get(childKey(house, tenantChild.configMap(uid))) !== undefined;
  return hasDocument || secrets.get(childKey(house, tenantChild.keys(uid))) !== undefined;
}

function isLetClaim({ settings }: House, tenant: SsoTenant): boolean {
  return isClaimable(settings.domainClaims, tenant.spec.domain, tenant.metadata.namespace ?? '');
}

function claimsOf(house: House, domain: string): Claim[] {
  return house.world.tenants.by('domain', domain).map(tenant => {
    const uid = uidOf(tenant);
    const isLive = isHolder(house, uid);
    return {
      uid,
      creationTimestamp: tenant.metadata.creationTimestamp ?? '',
      isLive,
      isAdmitted: isLive || house.proven.has(uid) || isLetClaim(house, tenant),
    };
  });
}

async function prove(house: House, tenant: SsoTenant): Promise<Proof> {
  const uid = uidOf(tenant);
  if (isLetClaim(house, tenant)) return 'notNeeded';
  if (isHolder(house, uid) || house.proven.has(uid)) return 'kept';
  const record = proofOf(tenant.spec.domain, uid);
  try {
    const found = (await house.txt?.txt(record.name)) ?? [];
    if (found.includes(record.value)) return 'found';
    return found.length === 0 ? 'missing' : 'wrong';
  } catch (failure) {
    house.log.info({ domain: tenant.spec.domain, err: failure }, 'TXT record could not be looked up');
    return 'unreachable';
  }
}

async function gatherSources(house: House, tenant: SsoTenant): Promise<Map<string, Brought>> {
  const found = new Map<string, Brought>();
  for (const source of tenant.spec.identitySources) {
    const name = source.users?.secretRef.name;
    if (name !== undefined) found.set(source.name, await bring(house, tenant, { name, keys: [USERS_KEY] }));
  }
  return found;
}

async function gatherCertificate(house: House, tenant: SsoTenant): Promise<Brought | undefined> {
  const name = tenant.spec.certificate?.secretRef?.name;
  return name === undefined ? undefined : bring(house, tenant, { name, keys: CERTIFICATE_KEYS });
}

async function bring(
  house: House,
  tenant: SsoTenant,
  wanted: { name: string; keys: readonly string[] },
): Promise<Brought> {
  const secret = await house.readers.secrets.read(readingOf(tenant, wanted.name));
  return readBrought(wanted.name, secret, wanted.keys);
}
