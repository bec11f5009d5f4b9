import type { Verdict } from '#crds/schema/conditions.ts';
import type { SsoTenant } from '#crds/schema/kinds.ts';
import type { IssuerRef } from '#crds/schema/sso-tenant.ts';
import type { Certificate } from '#operator/render/certificate.ts';
import { tenantChild } from '#operator/render/names.ts';
import { tlsPolicyOf } from '#operator/render/tls-policy.ts';
import { decodeValue } from '#operator/rules/brought-secret.ts';
import { judgeCertificate, type Pair, type Place, WARN_BEFORE } from '#operator/rules/certificate.ts';
import { adviseRenewal, type Issuance, judgeIssued, NO_CERT_MANAGER } from '#operator/rules/issuance.ts';
import { type Issuers, refuseIssuer } from '#operator/rules/issuer.ts';
import { bad, notApplicable } from '#operator/rules/verdict.ts';
import { CERTIFICATE_KEYS, type TenantScene } from './tenant-gather.ts';

/** What is to be said of a tenant's certificate, wherever it comes from: a Secret, an issuer, nowhere yet. */

export interface CertificateFindings {
  verdict: Verdict;
  /** The pair, where it is fit. */
  data?: Record<string, string>;
  /** Milliseconds since the epoch. */
  notAfter?: number;
  /** What cert-manager may be asked for. */
  issuer?: IssuerRef;
}

export const ELSEWHERE = notApplicable('TLS ends outside the identity provider.');

export function placeOf(spec: SsoTenant['spec']): Place {
  return { domain: spec.domain, profile: tlsPolicyOf(spec).profile };
}

export function decodePair(data: Record<string, string>): Pair {
  const [cert = '', key = ''] = CERTIFICATE_KEYS.map(name => decodeValue(data[name] ?? '') ?? '');
  return { cert, key };
}

export function judgeTenantCertificate(scene: TenantScene, issuers: Issuers, now: number): CertificateFindings {
  const issuer = scene.tenant.spec.certificate?.issuerRef;
  if (issuer !== undefined) return judgeIssuer(scene, { issuer, issuers, now });
  if (scene.certificate === undefined) return { verdict: judgeNone(scene) };
  if ('problem' in scene.certificate) return { verdict: scene.certificate.problem };
  const { data } = scene.certificate;
  const fitness = judgeCertificate(placeOf(scene.tenant.spec), decodePair(data), now);
  return fitness.verdict.status === 'True' ? { ...fitness, data } : fitness;
}

/** Without one of its own a tenant waits for the development CA, which answers in the mint step, or needs none. */
function judgeNone({ exposure }: TenantScene): Verdict {
  if (exposure === 'none') return ELSEWHERE;
  const choice = 'Name an issuer in spec.certificate.issuerRef, or a kubernetes.io/tls Secret in secretRef.';
  return bad('CertificateMissing', choice);
}

interface Asked {
  issuer: IssuerRef;
  issuers: Issuers;
  now: number;
}

function judgeIssuer(scene: TenantScene, { issuer, issuers, now }: Asked): CertificateFindings {
  const refusal = refuseIssuer(issuers, issuer) ?? (scene.hasCertManager ? undefined : NO_CERT_MANAGER);
  if (refusal !== undefined) return { verdict: refusal };
  const data = issuedPair(scene);
  const { verdict, isFit, notAfter } = judgeIssued({
    place: placeOf(scene.tenant.spec),
    issuance: issuanceOf(scene.live.certificate),
    pair: data && decodePair(data),
    now,
  });
  return {
    verdict,
    issuer,
    ...(notAfter === undefined ? {} : { notAfter }),
    ...(isFit && data !== undefined ? { data } : {}),
  };
}

/** What cert-manager put into its Secret, of which ca.crt is nobody's business here. */
function issuedPair({ live, uid }: TenantScene): Record<string, string> | undefined {
  const data = live.secrets.get(tenantChild.issued(uid))?.data ?? {};
  const pair = CERTIFICATE_KEYS.map(key => [key, data[key] ?? ''] as const);
  return pair.every(([, value]) => value !== '') ? Object.fromEntries(pair) : undefined;
}

function issuanceOf(certificate: Certificate | undefined): Issuance | undefined {
  if (certificate === undefined) return undefined;
  const { metadata, status } = certificate;
  return {
    generation: metadata.generation ?? 0,
    conditions: status?.conditions ?? [],
    failedAttempts: status?.failedIssuanceAttempts ?? 0,
  };
}

/** How long cert-manager may take before somebody should look. */
const OVERDUE_MS = 3_600_000;

export function adviseCertificate(scene: TenantScene, ends: number | undefined, now: number): Verdict | undefined {
  if (ends === undefined || ends <= now) return undefined;
  const { certificate } = scene.live;
  const failed = adviseRenewal(issuanceOf(certificate));
  if (failed !== undefined) return failed;
  const due = certificate?.status?.renewalTime;
  const isLate = due === undefined ? ends - now <= WARN_BEFORE : now - Date.parse(due) > OVERDUE_MS;
  const who = due === undefined ? 'Renew it.' : 'cert-manager is late in renewing it.';
  const message = `The certificate ends at ${new Date(ends).toISOString()}. ${who}`;
  return isLate ? { status: 'True', reason: 'CertificateExpiring', message } : undefined;
}
