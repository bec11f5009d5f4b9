import type { Verdict } from '#crds/schema/conditions.ts';
import { isShort } from '#operator/keys/client-secret.ts';
import { applicationSecretName } from '#operator/render/application-secret.ts';
import { judgeAttachment } from '#operator/rules/attachment.ts';
import { decodeValue } from '#operator/rules/brought-secret.ts';
import { judgeClientId } from '#operator/rules/client-id.ts';
import { type Tenure, tenureOf } from '#operator/rules/tenure.ts';
import { bad, good, notApplicable } from '#operator/rules/verdict.ts';
import { type ClientFindings, NEXT } from './client.ts';
import { type OidcScene, SECRET_KEY } from './oidc-gather.ts';

/** What the rules say about an OidcClient, before anything is made or written. */
export interface OidcFindings extends ClientFindings {
  /** Value of a brought secret that is fit. */
  broughtSecret: string | undefined;
  /** Whose the Secret of the application is, as it stands. */
  application: Tenure;
}

export function judgeOidc(scene: OidcScene): OidcFindings {
  const { client, self, namesakes, isNamespaceTaken } = scene;
  const attachment = judgeAttachment(scene);
  const conflict = judgeClientId({ client, self, others: namesakes, isNamespaceTaken });
  // Who is not let in learns nothing about the tenant, not even which ids are taken.
  const accepted = attachment.reason === 'TenantNotAvailable' ? attachment : (conflict ?? attachment);
  const application = tenureOf(client, scene.application.wished);
  const { verdict, value } = judgeSecret(scene, application);
  return {
    accepted,
    next: NEXT[accepted.status],
    own: accepted.status === 'True' ? verdict : notYet(verdict),
    advisory: advise(scene, application, value),
    rests: accepted.status !== 'True',
    isUnfit: verdict.status !== 'True' || application === 'foreign',
    wakeAt: undefined,
    broughtSecret: value,
    application,
  };
}

/** A secret that would be made is made once the client is let in; a brought one is judged at once. */
function notYet(credentials: Verdict): Verdict {
  return credentials.status === 'True'
    ? notApplicable('No secret is needed before the client is accepted.')
    : credentials;
}

interface Judged {
  verdict: Verdict;
  value?: string | undefined;
}

function judgeSecret({ client, brought }: OidcScene, application: Tenure): Judged {
  if (client.spec.type === 'Public') return { verdict: notApplicable('A Public client has no secret.') };
  if (brought !== undefined) {
    return 'problem' in brought
      ? { verdict: brought.problem }
      : judgeValue(decodeValue(brought.data[SECRET_KEY] ?? ''));
  }
  if (application !== 'foreign') return { verdict: good('The client has its secret.') };
  return { verdict: bad('ResourceConflict', `${nameTaken(client)} Name another in spec.secret.name.`) };
}

function judgeValue(value: string | undefined): Judged {
  // RFC 6749 appendix A.2: VSCHAR only. A line break at the end is what a careless editor leaves.
  if (value === undefined || !/^[\x20-\x7e]+$/.test(value)) {
    return { verdict: bad('SecretInvalid', `${SECRET_KEY} must be printable ASCII, without a line break.`) };
  }
  return { verdict: good('The brought secret is in use.'), value };
}

function nameTaken(client: OidcScene['client']): string {
  return `Secret ${applicationSecretName(client)} exists and was not made for this client.`;
}

function advise({ client }: OidcScene, application: Tenure, value: string | undefined): Verdict | undefined {
  const isWritable = application !== 'foreign';
  const needsNoSecret = client.spec.type === 'Public' || client.spec.secretRef !== undefined;
  if (!isWritable && needsNoSecret) {
    return {
      status: 'True',
      reason: 'SecretNameTaken',
      message: `${nameTaken(client)} Nothing is written for the application.`,
    };
  }
  if (value === undefined || !isShort(value)) return undefined;
  const message = 'The brought secret is shorter than 32 characters. Bring a longer one, or let one be made.';
  return { status: 'True', reason: 'SecretShort', message };
}
