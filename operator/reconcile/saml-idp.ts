import { createPrivateKey } from 'node:crypto';
import type { Secret, SsoTenant } from '#crds/schema/kinds.ts';
import { type TenantKeys, tenantKeys } from '#crds/schema/live-config.ts';
import { readCertificate } from '#crds/shared/pure/saml/certificate.ts';
import { idpMetadata } from '#crds/shared/pure/saml/idp-metadata.ts';
import { uidOf } from '#operator/render/child.ts';
import { issuerOf } from '#operator/render/issuer.ts';
import { tenantChild } from '#operator/render/names.ts';
import { decodeValue } from '#operator/rules/brought-secret.ts';
import { childKey, type House } from './house.ts';

/** What a tenant publishes to the applications that speak SAML: nothing here is secret. */
export interface SamlIdp {
  issuer: string;
  /** The signed EntityDescriptor; byte for byte what the IdP serves. */
  metadata: string;
  /** PEM, the one that signs first. */
  certificates: readonly string[];
}

export const KEYS = 'keys.json';

export function readTenantKeys(secret: Secret | undefined): TenantKeys | undefined {
  try {
    return tenantKeys.safeParse(JSON.parse(decodeValue(secret?.data?.[KEYS] ?? '') ?? '')).data;
  } catch {
    return undefined;
  }
}

/** undefined when there is none, or somebody damaged it. */
export function textOfKeys(secret: Secret | undefined): string | undefined {
  return readTenantKeys(secret) === undefined ? undefined : decodeValue(secret?.data?.[KEYS] ?? '');
}

/** undefined while the tenant has no key for SAML. Signed once for all its clients, as long as its keys are the same. */
export function samlIdpOf(house: House, tenant: SsoTenant): SamlIdp | undefined {
  const secret = house.world.secrets.get(childKey(house, tenantChild.keys(uidOf(tenant))));
  if (secret === undefined) return undefined;
  const known = house.samlIdps.get(secret);
  if (known !== undefined) return known;
  const made = describe(issuerOf(tenant.spec.domain, house.settings.publicPort), readTenantKeys(secret)?.saml);
  if (made !== undefined) house.samlIdps.set(secret, made);
  return made;
}

type Saml = NonNullable<TenantKeys['saml']>;

function describe(issuer: string, saml: Saml | undefined): SamlIdp | undefined {
  const current = saml?.keys.find(({ state }) => state === 'Current');
  if (saml === undefined || current === undefined) return undefined;
  const certificates = published(saml);
  const der = certificates.flatMap(pem => readCertificate(pem)?.base64 ?? []);
  const [certificate] = der;
  if (certificate === undefined) return undefined;
  const signing = { key: createPrivateKey(current.key), certificate };
  return { issuer, metadata: idpMetadata({ issuer, certificates: der }, signing), certificates };
}

/** PEM, the one that signs first. */
export function published({ keys }: Saml): string[] {
  const current = keys.find(({ state }) => state === 'Current');
  const others = keys.filter(entry => entry !== current);
  return [...(current === undefined ? [] : [current]), ...others].map(({ certificate }) => certificate);
}
