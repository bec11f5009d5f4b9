import type { TenantConditionType, Verdict } from '#crds/schema/conditions.ts';
import type { IssuerRef } from '#crds/schema/sso-tenant.ts';
import { type Brought, decodeValue } from '#operator/rules/brought-secret.ts';
import { judgeAccepted, judgeProof, proofOf } from '#operator/rules/domain.ts';
import type { Issuers } from '#operator/rules/issuer.ts';
import { judgeUsersFile } from '#operator/rules/users-file.ts';
import { bad, good, notApplicable } from '#operator/rules/verdict.ts';
import { judgeTenantCertificate } from './tenant-certificate.ts';
import { judgeExposed, judgeTls } from './tenant-exposure.ts';
import { type TenantScene, USERS_KEY } from './tenant-gather.ts';

/** What the rules say about a tenant, before anything is made or written. */
export interface TenantFindings {
  verdicts: Record<Exclude<TenantConditionType, 'Programmed'>, Verdict>;
  /** Data of each source that is fit, by source name. */
  sources: ReadonlyMap<string, Record<string, string>>;
  /** Data of a certificate that is fit, brought or issued. */
  certificate: Record<string, string> | undefined;
  /** What cert-manager may be asked for. */
  issuer: IssuerRef | undefined;
  /** Milliseconds since the epoch. */
  certificateEnds: number | undefined;
  /** Milliseconds since the epoch when a development certificate is made anew. */
  renewAt: number | undefined;
}

const LATER = notApplicable('This release has nothing to check here.');

export function judgeTenant(scene: TenantScene, issuers: Issuers, now: number): TenantFindings {
  const { tenant, uid, proof, owner, isBeingFreed } = scene;
  const { domain } = tenant.spec;
  const sources = [...scene.sources].map(([name, brought]) => [name, judgeSource(brought)] as const);
  const problem = sources.map(([, judged]) => judged).find(judged => 'problem' in judged);
  const certificate = judgeTenantCertificate(scene, issuers, now);
  return {
    verdicts: {
      Accepted: judgeAccepted({ domain, uid, proof, owner, isBeingFreed }),
      DomainVerified: judgeProof(proof, proofOf(domain, uid)),
      CertificateReady: certificate.verdict,
      Exposed: judgeExposed(scene, scene.live.ingress),
      TlsPolicyEnforced: judgeTls(scene),
      SourcesReady: problem?.problem ?? good('Every identity source is ready.'),
      ExamplesPassed: LATER,
    },
    sources: new Map(sources.flatMap(([name, judged]) => ('data' in judged ? [[name, judged.data] as const] : []))),
    certificate: certificate.data,
    issuer: certificate.issuer,
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
