import type { SsoTenant } from '#crds/schema/kinds.ts';
import { type TenantKeys, tenantKeys } from '#crds/schema/live-config.ts';
import type { CertificateIssuer } from '#operator/keys/certificate-issuer.ts';
import { completeTenantKeys, mintTenantKeys } from '#operator/keys/tenant-keys.ts';
import { tenantChild } from '#operator/render/names.ts';
import { base64 } from '#operator/render/secret.ts';
import { judgeCertificate, type Place, RENEW_BEFORE } from '#operator/rules/certificate.ts';
import { bad, good } from '#operator/rules/verdict.ts';
import type { House } from './house.ts';
import { KEYS, textOfKeys } from './saml-idp.ts';
import { decodePair, placeOf } from './tenant-certificate.ts';
import type { TenantScene } from './tenant-gather.ts';
import type { TenantFindings } from './tenant-judge.ts';

/** Makes what is random, once: a tenant that has keys keeps them. */

/** Data of the three sorts of Secrets of a tenant; undefined where there is none yet. */
export interface TenantMaterial {
  keys: Record<string, string>;
  parsedKeys: TenantKeys;
  /** null: TLS ends elsewhere. */
  certificate: Record<string, string> | null | undefined;
  sources: ReadonlyMap<string, Record<string, string>>;
}

export async function mintTenant(house: House, scene: TenantScene, findings: TenantFindings): Promise<TenantMaterial> {
  const { uid } = scene;
  const present = textOfKeys(scene.live.secrets.get(tenantChild.keys(uid)));
  const text = await keysFor(house, scene.tenant, present ?? house.keptKeys.get(uid));
  house.keptKeys.set(uid, text);
  return {
    keys: { [KEYS]: base64(text) },
    parsedKeys: tenantKeys.parse(JSON.parse(text)),
    certificate: await certificateFor(house, scene, findings),
    sources: sourcesFor(scene, findings),
  };
}

/** The known ones to the letter, or with what this version adds to them; fresh ones where none are known. */
async function keysFor(house: House, { metadata, spec }: SsoTenant, known: string | undefined): Promise<string> {
  const now = new Date(house.clock.now());
  // Checked when it was read: a parse by the schema would sort the members anew.
  const keys = known === undefined ? await mintTenantKeys(spec.domain, now) : (JSON.parse(known) as TenantKeys);
  const complete = await completeTenantKeys(keys, spec.domain, now);
  if (known !== undefined && complete === keys) return known;
  const kids = complete.signing.map(({ jwk }) => jwk.kid);
  house.log.info({ tenant: metadata.uid, kids, saml: complete.saml?.keys.length ?? 0 }, 'signing keys made');
  return JSON.stringify(complete);
}

/** A source whose Secret is gone or broken keeps its last good copy. */
function sourcesFor(scene: TenantScene, findings: TenantFindings): Map<string, Record<string, string>> {
  const found = [...scene.sources.keys()].flatMap(name => {
    const last = scene.live.secrets.get(tenantChild.source(scene.uid, name))?.data;
    const data = findings.sources.get(name) ?? last;
    return data === undefined ? [] : [[name, data] as const];
  });
  return new Map(found);
}

async function certificateFor(
  house: House,
  scene: TenantScene,
  findings: TenantFindings,
): Promise<TenantMaterial['certificate']> {
  const { spec } = scene.tenant;
  if (scene.exposure === 'none') return null;
  const last = scene.live.secrets.get(tenantChild.tls(scene.uid))?.data;
  if (house.certificateIssuer === undefined || !isLeftToUs(scene)) return findings.certificate ?? last;
  return (
    keepCertificate(house, placeOf(spec), findings, last) ??
    issueCertificate(house, house.certificateIssuer, spec, findings)
  );
}

/** Where there is no cert-manager, the development CA stands in for every issuer. */
function isLeftToUs({ tenant, hasCertManager }: TenantScene): boolean {
  const { certificate } = tenant.spec;
  return certificate === undefined || (certificate.issuerRef !== undefined && !hasCertManager);
}

/** The development certificate, while it is good and has enough time left. */
function keepCertificate(
  house: House,
  place: Place,
  findings: TenantFindings,
  last: Record<string, string> | undefined,
): Record<string, string> | undefined {
  if (last === undefined) return undefined;
  const now = house.clock.now();
  const { verdict, notAfter = 0 } = judgeCertificate(place, decodePair(last), now);
  if (verdict.status !== 'True' || notAfter - now <= RENEW_BEFORE) return undefined;
  announce(findings, notAfter);
  return last;
}

async function issueCertificate(
  house: House,
  issuer: CertificateIssuer,
  { domain, certificate }: SsoTenant['spec'],
  findings: TenantFindings,
): Promise<Record<string, string> | undefined> {
  try {
    const made = await issuer.issue([domain]);
    announce(findings, made.notAfter.getTime());
    return { 'tls.crt': base64(made.cert), 'tls.key': base64(made.key) };
  } catch (failure) {
    house.log.warn({ domain, err: failure }, 'the development CA refused');
    // With an issuer, what is missing is cert-manager.
    if (certificate !== undefined) return undefined;
    const message = 'The development CA does not sign for this domain. Name a Secret in spec.certificate.secretRef.';
    findings.verdicts.CertificateReady = bad('CertificateMissing', message);
    return undefined;
  }
}

function announce(findings: TenantFindings, notAfter: number | undefined): void {
  findings.verdicts.CertificateReady = good('The development CA made the certificate.');
  findings.renewAt = notAfter === undefined ? undefined : notAfter - RENEW_BEFORE;
}
