import type { Verdict } from '#crds/schema/conditions.ts';
import { outputName } from '#operator/render/output-config-map.ts';
import { judgeAttachment } from '#operator/rules/attachment.ts';
import { WARN_BEFORE } from '#operator/rules/certificate.ts';
import { judgeEntityId } from '#operator/rules/entity-id.ts';
import { certificatesEnd } from '#operator/rules/service-provider.ts';
import { type Tenure, tenureOf } from '#operator/rules/tenure.ts';
import { bad } from '#operator/rules/verdict.ts';
import { type ClientFindings, NEXT, type Next } from './client.ts';
import type { SamlScene } from './saml-gather.ts';

/** What the rules say about a SamlClient, before anything is written. */
export interface SamlFindings extends ClientFindings {
  /** Whose the ConfigMap of the application is, as it stands. */
  output: Tenure;
}

export function judgeSaml(scene: SamlScene, now: number): SamlFindings {
  const { client, sp } = scene;
  const attachment = judgeAttachment(scene);
  const conflict = scene.claim && judgeEntityId(scene.claim);
  const isOut = attachment.reason === 'TenantNotAvailable';
  // Who is not let in learns nothing about the tenant, not even which ids are taken.
  const accepted = isOut ? attachment : (conflict ?? attachment);
  const output = tenureOf(client, scene.output.wished);
  const own = judgeOwn(scene, output);
  const ends = sp.facts && certificatesEnd(sp.facts);
  return {
    accepted,
    next: accepted === conflict ? nextOf(scene) : NEXT[accepted.status],
    own,
    advisory: adviseEnd(ends, now),
    rests: isOut,
    isUnfit: own.status !== 'True',
    wakeAt: ends === undefined ? undefined : [ends - WARN_BEFORE, ends].find(at => at > now),
    output,
  };
}

/** Who reached for an entityId that another one has keeps what was good last. */
function nextOf({ claim, liveEntityId }: SamlScene): Next {
  return liveEntityId === undefined || liveEntityId === claim?.entityId ? 'withdraw' : 'keep';
}

function judgeOwn({ client, sp }: SamlScene, output: Tenure): Verdict {
  if (sp.verdict.status !== 'True' || output !== 'foreign') return sp.verdict;
  const taken = `ConfigMap ${outputName(client)} exists and was not made for this client.`;
  return bad('ResourceConflict', `${taken} Name another in spec.output.name.`);
}

/** Requests are verified all the same (Metadata IOP section 2.6); other readers of the certificate may stop at its end. */
function adviseEnd(ends: number | undefined, now: number): Verdict | undefined {
  if (ends === undefined || ends - now > WARN_BEFORE) return undefined;
  const when = `${ends > now ? 'ends' : 'ended'} at ${new Date(ends).toISOString()}`;
  const message = `The last certificate of the application ${when}. Add its next one.`;
  return { status: 'True', reason: 'SpCertificateExpiring', message };
}
