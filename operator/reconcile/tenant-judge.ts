import type { TenantConditionType, Verdict } from '#crds/schema/conditions.ts';
import { tlsPolicyOf } from '#operator/render/tls-policy.ts';
import { type Brought, decodeValue } from '#operator/rules/brought-secret.ts';
import { type Fitness, judgeCertificate, type Place, WARN_BEFORE } from '#operator/rules/certificate.ts';
import { judgeAccepted, judgeProof, proofOf } from '#operator/rules/domain.ts';
import { judgeUsersFile } from '#operator/rules/users-file.ts';
import { bad, good, notApplicable } from '#operator/rules/verdict.ts';
import { CERTIFICATE_KEYS, type TenantScene, USERS_KEY } from './tenant-gather.ts';

/** What the rules say about a tenant, before anything is made or written. */
export interface TenantFindings {
  verdicts: Record<Exclude<TenantConditionType, 'Programmed'>, Verdict>;
  /** Data of each source that is fit, by source name. */
  sources: ReadonlyMap<string, Record<string, string>>;
  /** Data of a brought certificate that is fit. */
  certificate: Record<string, string> | undefined;
  /** Milliseconds since the epoch. */
  certificateEnds: number | undefined;
  /** Milliseconds since the epoch when a development certificate is made anew. */
  renewAt: number | undefined;
}

const LATER = notApplicable('This release has nothing to check here.');

export function judgeTenant(scene: TenantScene, now: number): TenantFindings {
  const { tenant, uid, proof, owner, isBeingFreed } = scene;
  const { domain } = tenant.spec;
  const sources = [...scene.sources].map(([name, brought]) => [name, judgeSource(brought)] as const);
  const problem = sources.map(([, judged]) => judged).find(judged => 'problem' in judged);
  const certificate = judgeBrought(scene, now);
  return {
    verdicts: {
      Accepted: judgeAccepted({ domain, uid, proof, owner, isBeingFreed }),
      DomainVerified: judgeProof(proof, proofOf(domain, uid)),
      CertificateReady: certificate.verdict,
      Exposed: LATER,
      TlsPolicyEnforced: judgeTls(tenant.spec),
      SourcesReady: problem?.problem ?? good('Every identity source is ready.'),
      ExamplesPassed: LATER,
    },
    sources: new Map(sources.flatMap(([name, judged]) => ('data' in judged ? [[name, judged.data] as const] : []))),
    certificate: certificate.data,
    certificateEnds: certificate.notAfter,
    renewAt: undefined,
  };
}

function judgeSource(brought: Brought): Brought {
  if ('problem' in brought) return brought;
  const text = decodeValue(brought.data[USERS_KEY] ?? '');
  if (text === undefined) return { problem: bad('UsersInvalid', `${USERS_KEY} is not UTF-8 text.`) };
  const judged = judgeUsersFile(text);
  return 'problem' in judged ? judged : brought;
}

function judgeBrought({ tenant, certificate }: TenantScene, now: number): Fitness & { data?: Record<string, string> } {
  if (certificate === undefined) return { verdict: judgeNoCertificate(tenant.spec) };
  if ('problem' in certificate) return { verdict: certificate.problem };
  const [cert = '', key = ''] = CERTIFICATE_KEYS.map(name => decodeValue(certificate.data[name] ?? '') ?? '');
  const fitness = judgeCertificate(placeOf(tenant.spec), { cert, key }, now);
  return fitness.verdict.status === 'True' ? { ...fitness, data: certificate.data } : fitness;
}

export function placeOf(spec: TenantScene['tenant']['spec']): Place {
  return { domain: spec.domain, profile: tlsPolicyOf(spec).profile };
}

const ELSEWHERE = notApplicable('TLS ends outside the identity provider.');

/** The IdP that has loaded the document does what it says; whether it has is in Programmed. */
function judgeTls(spec: TenantScene['tenant']['spec']): Verdict {
  if (spec.exposure?.none !== undefined) return ELSEWHERE;
  const { profile, minVersion } = tlsPolicyOf(spec);
  return good(`The identity provider ends TLS with profile ${profile}, TLS ${minVersion} or newer.`);
}

/** Without one of its own a tenant waits for the development CA, which answers in the mint step, or needs none. */
function judgeNoCertificate(spec: TenantScene['tenant']['spec']): Verdict {
  if (spec.exposure?.none !== undefined) return ELSEWHERE;
  return bad('CertificateMissing', 'Name a kubernetes.io/tls Secret in spec.certificate.secretRef.');
}

export function adviseTenant({ certificateEnds }: TenantFindings, now: number): Verdict | undefined {
  if (certificateEnds === undefined || certificateEnds <= now || certificateEnds - now > WARN_BEFORE) return undefined;
  const when = new Date(certificateEnds).toISOString();
  return { status: 'True', reason: 'CertificateExpiring', message: `The certificate ends at ${when}. Renew it.` };
}
