import { X509Certificate } from 'node:crypto';
import { type Condition, TENANT_CONDITIONS, type Verdict } from '#crds/schema/conditions.ts';
import type { TenantKeys } from '#crds/schema/live-config.ts';
import type { SsoTenantStatus } from '#crds/schema/sso-tenant.ts';
import { endpointsOf, issuerOf } from '#operator/render/issuer.ts';
import { judgeCertificate } from '#operator/rules/certificate.ts';
import { recheckSeconds } from '#operator/rules/domain.ts';
import { summarize } from '#operator/rules/summary.ts';
import type { Outcome } from '#operator/runtime/controller.ts';
import { type House, LONGEST_SECONDS, MISSING_SECONDS, RECHECK_SECONDS, soonest } from './house.ts';
import { adviseCertificate, decodePair, placeOf } from './tenant-certificate.ts';
import type { TenantScene } from './tenant-gather.ts';
import type { TenantFindings } from './tenant-judge.ts';
import type { TenantMaterial } from './tenant-mint.ts';

/** What the status of a tenant says, and when it is looked at again. */

export interface TenantProgrammed {
  verdict: Verdict;
  replicas: SsoTenantStatus['replicas'];
}

interface Summary {
  scene: TenantScene;
  findings: TenantFindings;
  material: TenantMaterial | undefined;
  programmed: TenantProgrammed;
}

export function summarizeTenant(house: House, { scene, findings, material, programmed }: Summary): SsoTenantStatus {
  const { tenant, attached } = scene;
  const issuer = issuerOf(tenant.spec.domain, house.settings.publicPort);
  const { discovery, jwks } = endpointsOf(issuer);
  const conditions = summarize({
    order: TENANT_CONDITIONS,
    verdicts: { ...findings.verdicts, Programmed: programmed.verdict },
    advisory: adviseCertificate(scene, findings.certificateEnds, house.clock.now()),
    previous: tenant.status?.conditions ?? [],
    generation: tenant.metadata.generation ?? 0,
    now: house.clock.now(),
  });
  const keys = material && statesOf(material.parsedKeys);
  return {
    observedGeneration: tenant.metadata.generation ?? 0,
    domainStatus: domainStatusOf(conditions, hasGoodCertificate(scene, material, house.clock.now())),
    issuer,
    endpoints: { discovery, jwks },
    ...(keys === undefined ? {} : { keys }),
    ...(programmed.replicas === undefined ? {} : { replicas: programmed.replicas }),
    clients: attached,
    conditions,
  };
}

/** Both sets: they sign for different protocols and never for each other. */
function statesOf({ signing, saml }: TenantKeys): NonNullable<SsoTenantStatus['keys']> {
  const oidc = signing.map(({ state, jwk }) => ({
    kid: jwk.kid,
    algorithm: jwk.alg,
    protocol: 'oidc' as const,
    state,
  }));
  const wrapped = (saml?.keys ?? []).map(({ state, certificate }) => {
    const kid = new X509Certificate(certificate).fingerprint256.replaceAll(':', '').toLowerCase();
    return { kid, algorithm: 'RSA', protocol: 'saml' as const, state };
  });
  return [...oidc, ...wrapped];
}

function domainStatusOf(
  conditions: readonly Condition[],
  isServable: boolean,
): NonNullable<SsoTenantStatus['domainStatus']> {
  const statusOf = (wanted: string) => conditions.find(({ type }) => type === wanted)?.status;
  if (statusOf('Accepted') === 'False') return 'NotProvisioned';
  if (statusOf('Programmed') !== 'True' || statusOf('Exposed') !== 'True') return 'Provisioning';
  // The last good state is served; only a certificate that browsers refuse takes it away from people.
  return isServable ? 'Online' : 'Offline';
}

/** The certificate that is in use, which may be the last good one, is still good. */
function hasGoodCertificate({ tenant }: TenantScene, material: TenantMaterial | undefined, now: number): boolean {
  const served = material?.certificate;
  if (served === undefined || served === null) return true;
  return judgeCertificate(placeOf(tenant.spec), decodePair(served), now).verdict.status === 'True';
}

export function comeBack(house: House, scene: TenantScene, findings: TenantFindings): Outcome {
  const { verdicts, renewAt, certificateEnds } = findings;
  const now = house.clock.now();
  const dates = [renewAt, certificateEnds].flatMap(at => (at !== undefined && at > now ? [(at - now) / 1000] : []));
  return soonest(house, [
    verdicts.DomainVerified.status === 'True' ? undefined : recheckSeconds(ageOf(scene, now)),
    scene.isBeingFreed ? 1 : undefined,
    ...readAgain(house, scene, findings),
    ...dates.map(seconds => Math.min(LONGEST_SECONDS, seconds)),
  ]);
}

/** In seconds. */
function ageOf({ tenant }: TenantScene, now: number): number {
  const age = (now - Date.parse(tenant.metadata.creationTimestamp ?? '')) / 1000;
  return Number.isFinite(age) ? age : 0;
}

function readAgain({ settings, readers }: House, { uid, tenant }: TenantScene, { verdicts }: TenantFindings): number[] {
  if (settings.watchSecrets === true) return [];
  const recheck = settings.secretRecheckSeconds ?? RECHECK_SECONDS;
  // What cert-manager brings is watched.
  const certificate = tenant.spec.certificate?.secretRef === undefined ? [] : [verdicts.CertificateReady];
  const isUnfit = [verdicts.SourcesReady, ...certificate].some(it => it.status !== 'True');
  if (!isUnfit) return [recheck];
  // Somebody may be mending it at this moment: the next look is a fresh one.
  readers.secrets.forget(uid);
  return [recheck, settings.missingSecretSeconds ?? MISSING_SECONDS];
}
