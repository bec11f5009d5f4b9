import { CLIENT_CONDITIONS, type Verdict } from '#crds/schema/conditions.ts';
import { ANNOTATIONS } from '#crds/schema/group.ts';
import type { ConfigMap } from '#crds/schema/kinds.ts';
import type { OidcClientStatus } from '#crds/schema/oidc-client.ts';
import { applicationSecretName } from '#operator/render/application-secret.ts';
import { issuerOf } from '#operator/render/issuer.ts';
import { isForgotten, judgeProgrammed, wantedOf } from '#operator/rules/programmed.ts';
import { summarize } from '#operator/rules/summary.ts';
import { notApplicable } from '#operator/rules/verdict.ts';
import type { Outcome } from '#operator/runtime/controller.ts';
import { type AppliedClient, applyClient, withdrawClient } from './client-apply.ts';
import { type ClientScene, gatherClient } from './client-gather.ts';
import { type ClientFindings, judgeClient } from './client-judge.ts';
import { mintClient } from './client-mint.ts';
import { renderClient } from './client-render.ts';
import { type House, MISSING_SECONDS, RECHECK_SECONDS, soonest } from './house.ts';
import { writeStatus } from './status.ts';
import { fingerprint, NOT_WRITTEN } from './verdicts.ts';

/**
 * Reconciles one client: gather -> rules -> mint -> render -> apply -> summarize. A client costs itself and one look at
 * its tenant, whatever the size of the tenant.
 */
export async function reconcileClient(house: House, key: string): Promise<Outcome> {
  house.awaiting.clear('OidcClient', key);
  const client = house.world.clients.get(key);
  if (client === undefined || client.metadata.annotations?.[ANNOTATIONS.reconcile] === 'disabled') return {};
  const scene = await gatherClient(house, client);
  const findings = judgeClient(scene);
  const programmed = await STEPS[findings.accepted.status](house, key, scene, findings);
  await writeStatus(house, house.world.clients, client, summarizeClient(house, scene, findings, programmed));
  return comeBack(house, scene, findings);
}

type Step = (house: House, key: string, scene: ClientScene, findings: ClientFindings) => Promise<Verdict>;

/** What is done for a client that is let in, is not, or has to wait for its tenant: then what is live stays live. */
const STEPS: Record<Verdict['status'], Step> = {
  True: publish,
  False: withdraw,
  Unknown: async () => NOT_WRITTEN,
};

async function publish(house: House, key: string, scene: ClientScene, findings: ClientFindings): Promise<Verdict> {
  const material = await mintClient(house, scene, findings);
  const wish = renderClient(house, scene, findings, material);
  const applied = await applyClient(house, scene, findings, wish);
  return watchReplicas(house, key, scene, applied);
}

async function withdraw(house: House, key: string, scene: ClientScene): Promise<Verdict> {
  const left = await withdrawClient(house, scene);
  if (left !== undefined) awaitForgotten(house, key, scene, left);
  return NOT_WRITTEN;
}

function awaitForgotten(house: House, key: string, { uid }: ClientScene, left: ConfigMap): void {
  const wanted = wantedOf(uid, left, []);
  const judge = (replicas: ClientScene['replicas']) => String(isForgotten(replicas, wanted));
  house.awaiting.set('OidcClient', key, judge, house.replicas());
  // Nobody left to wait for, or everybody knows already: no Lease will change to say so.
  if (isForgotten(house.replicas(), wanted)) house.enqueue('OidcClient', key);
}

function watchReplicas(house: House, key: string, scene: ClientScene, applied: AppliedClient): Verdict {
  const { client, uid, replicas } = scene;
  if (applied.problem !== undefined) return applied.problem;
  if (applied.configMap === undefined) return NOT_WRITTEN;
  const previous = client.status?.conditions?.find(({ type }) => type === 'Programmed');
  const generation = client.metadata.generation ?? 0;
  const wanted = wantedOf(uid, applied.configMap, applied.credentials === undefined ? [] : [applied.credentials]);
  const judge = (now: ClientScene['replicas']) => judgeProgrammed({ replicas: now, wanted, previous, generation });
  const verdict = judge(replicas);
  // Once True only a refusal lowers it, and refusals wake by UID.
  if (verdict.status !== 'True') house.awaiting.set('OidcClient', key, now => fingerprint(judge(now)), replicas);
  return verdict;
}

function summarizeClient(
  house: House,
  scene: ClientScene,
  { accepted, credentials, advisory, application }: ClientFindings,
  programmed: Verdict,
): OidcClientStatus {
  const { client, tenant, clientId } = scene;
  const generation = client.metadata.generation ?? 0;
  const isIn = tenant !== undefined && accepted.reason !== 'TenantNotAvailable';
  const hasSecret = credentials.status === 'True' && accepted.status === 'True' && application !== 'foreign';
  return {
    observedGeneration: generation,
    clientId,
    ...(isIn ? { issuer: issuerOf(tenant.spec.domain, house.settings.publicPort) } : {}),
    ...(hasSecret ? { secretName: applicationSecretName(client) } : {}),
    conditions: summarize({
      order: CLIENT_CONDITIONS,
      verdicts: {
        Accepted: accepted,
        CredentialsReady: accepted.status === 'True' ? credentials : notYet(credentials),
        Programmed: programmed,
      },
      advisory,
      previous: client.status?.conditions ?? [],
      generation,
      now: house.clock.now(),
    }),
  };
}

/** A secret that would be made is made once the client is let in; a brought one is judged at once. */
function notYet(credentials: Verdict): Verdict {
  return credentials.status === 'True'
    ? notApplicable('No secret is needed before the client is accepted.')
    : credentials;
}

function comeBack(house: House, { uid }: ClientScene, findings: ClientFindings): Outcome {
  const { settings } = house;
  if (settings.watchSecrets === true || findings.accepted.status !== 'True') return {};
  const isUnfit = findings.credentials.status !== 'True' || findings.application === 'foreign';
  // Somebody may be mending it at this moment: the next look is a fresh one.
  if (isUnfit) house.reader.forget(uid);
  return soonest(house, [
    settings.secretRecheckSeconds ?? RECHECK_SECONDS,
    isUnfit ? (settings.missingSecretSeconds ?? MISSING_SECONDS) : undefined,
  ]);
}
