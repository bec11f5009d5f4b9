import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { SamlClientDocument, TenantKeys } from '#crds/schema/live-config.ts';
import { readCertificate } from '#crds/shared/pure/saml/certificate.ts';
import type { SigningKey } from '#crds/shared/pure/xml/sign.ts';
import { SamlError } from './errors.ts';

/**
 * Keys out of the live configuration. Parsing one costs more than using it, so each is parsed once and kept as long as
 * the immutable value that it came from.
 */

export interface TenantSamlKeys {
  signing: SigningKey;
  /** base64 of DER, the signing one first: what metadata publishes. */
  certificates: readonly string[];
  nameIdSalt: Uint8Array;
}

const ofTenants = new WeakMap<TenantKeys, TenantSamlKeys>();
const ofClients = new WeakMap<SamlClientDocument, readonly KeyObject[]>();

/** Throws SamlError NotConfigured while the tenant has no SAML key. */
export function tenantSamlKeys(keys: TenantKeys): TenantSamlKeys {
  const known = ofTenants.get(keys);
  if (known !== undefined) return known;
  const made = readTenantKeys(keys);
  ofTenants.set(keys, made);
  return made;
}

function readTenantKeys({ saml }: TenantKeys): TenantSamlKeys {
  const current = saml?.keys.find(entry => entry.state === 'Current');
  if (saml === undefined || current === undefined) throw new SamlError('NotConfigured', 'SAML is not set up here yet.');
  const others = saml.keys.filter(entry => entry !== current);
  const certificates = [current, ...others].map(entry => readCertificate(entry.certificate)?.base64 ?? '');
  return {
    signing: { key: createPrivateKey(current.key), certificate: certificates[0] ?? '' },
    certificates: certificates.filter(certificate => certificate !== ''),
    nameIdSalt: Buffer.from(saml.nameIdSalt, 'base64url'),
  };
}

/** The keys that an application may have signed with. A certificate that cannot be read was refused by the operator. */
export function verificationKeys(client: SamlClientDocument): readonly KeyObject[] {
  const known = ofClients.get(client);
  if (known !== undefined) return known;
  const made = client.signingCertificates.flatMap(base64 => publicKeyOf(base64) ?? []);
  ofClients.set(client, made);
  return made;
}

function publicKeyOf(base64: string): KeyObject | undefined {
  return readCertificate(base64)?.publicKey;
}
