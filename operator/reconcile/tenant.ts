import { type Condition, TENANT_CONDITIONS, type Verdict } from '#crds/schema/conditions.ts';
import { ANNOTATIONS } from '#crds/schema/group.ts';
import type { ConfigMap, Secret } from '#crds/schema/kinds.ts';
import { FORMAT, hashSecretData, type SecretPointer } from '#crds/schema/live-config.ts';
import type { SsoTenantStatus } from '#crds/schema/sso-tenant.ts';
import { CORE } from '#crds/wire/cluster.ts';
import type { ChildOf } from '#operator/render/child.ts';
import { endpointsOf, issuerOf } from '#operator/render/issuer.ts';
import { tenantChild } from '#operator/render/names.ts';
import { renderSecret } from '#operator/render/secret.ts';
import { renderTenantConfigMap, renderTenantDocument } from '#operator/render/tenant-config-map.ts';
import { recheckSeconds } from '#operator/rules/domain.ts';
import { canRead, hasLoaded, isStillTrue, judgeProgrammed, type Wanted } from '#operator/rules/programmed.ts';
import { summarize } from '#operator/rules/summary.ts';
import { bad, unknown } from '#operator/rules/verdict.ts';
import type { Outcome } from '#operator/runtime/controller.ts';
import { applyChild, ResourceTaken } from './apply.ts';
import { type House, MISSING_SECONDS, RECHECK_SECONDS, soonest } from './house.ts';
import { writeStatus } from './status.ts';
import { gatherTenant, type TenantScene } from './tenant-gather.ts';
import { adviseTenant, judgeTenant, type TenantFindings } from './tenant-judge.ts';
import { mintTenant, type TenantMaterial } from './tenant-mint.ts';

/**
 * Reconciles one tenant: gather -> rules -> mint -> render -> apply -> summarize. The whole world is read and the whole
 * wish is written; nothing depends on which event came.
 */
export async function reconcileTenant(house: House, key: string): Promise<Outcome> {
  house.awaiting.clear('SsoTenant', key);
  const tenant = house.world.tenants.get(key);
  if (tenant === undefined || tenant.metadata.annotations?.[ANNOTATIONS.reconcile] === 'disabled') return {};
  const scene = await gatherTenant(house, tenant);
  const findings = judgeTenant(scene, house.clock.now());
  const isAccepted = findings.verdicts.Accepted.status === 'True';
  const material = isAccepted ? await mintTenant(house, scene, findings) : undefined;
  const wish = material === undefined ? undefined : renderTenant(house, scene, material);
  const applied = wish === undefined ? NOTHING : await applyTenant(house, scene, wish);
  const programmed = watchReplicas(house, key, scene, applied);
  await writeStatus(house, house.world.tenants, tenant, summarizeTenant(house, { scene, findings, material, programmed }));
  return comeBack(house, scene, findings);
}

interface TenantWish {
  secrets: Secret[];
  /** undefined: something is missing that it cannot do without. */
  configMap: ConfigMap | undefined;
}

function renderTenant(house: House, scene: TenantScene, material: TenantMaterial): TenantWish {
  const { uid, tenant } = scene;
  const child: ChildOf = { owner: tenant, idpNamespace: house.settings.idpNamespace, tenantUid: uid };
  const keys = renderSecret(tenantChild.keys(uid), child, material.keys);
  const certificate = material.certificate ? renderSecret(tenantChild.tls(uid), child, material.certificate) : undefined;
  const sources = [...material.sources].map(
    ([name, data]) => [name, renderSecret(tenantChild.source(uid, name), child, data)] as const,
  );
  const isComplete = material.certificate !== undefined && sources.length > 0;
  const pointers = {
    keys: pointerTo(keys),
    certificate: certificate === undefined ? null : pointerTo(certificate),
    sources: new Map(sources.map(([name, secret]) => [name, pointerTo(secret)])),
  };
  return {
    secrets: [keys, ...(certificate === undefined ? [] : [certificate]), ...sources.map(([, secret]) => secret)],
    configMap: isComplete
      ? renderTenantConfigMap(child, renderTenantDocument(tenant, pointers, house.settings.publicPort))
      : undefined,
  };
}

export function pointerTo(secret: Secret): SecretPointer {
  return { name: secret.metadata.name, hash: hashSecretData(secret.data ?? {}) };
}

interface Applied {
  configMap?: ConfigMap | undefined;
  secrets: Secret[];
  problem?: Verdict;
}

const NOTHING: Applied = { secrets: [] };

/** Secrets before the ConfigMap that names them; what is named no more goes last. */
async function applyTenant(house: House, { live, replicas }: TenantScene, wish: TenantWish): Promise<Applied> {
  const { cluster, world } = house;
  const secrets: Secret[] = [];
  try {
    for (const secret of wish.secrets) {
      const onReply = (object: Secret) => world.secrets.raise(object);
      secrets.push(await applyChild({ cluster, type: CORE.secrets, live: live.secrets.get(secret.metadata.name), wish: secret, onReply }));
    }
    if (wish.configMap === undefined) return { configMap: live.configMap, secrets };
    if (!canRead(replicas, FORMAT)) return { secrets, problem: unknown('FormatTooNew', TOO_NEW) };
    const onReply = (object: ConfigMap) => world.configMaps.raise(object);
    const configMap = await applyChild({ cluster, type: CORE.configMaps, live: live.configMap, wish: wish.configMap, onReply });
    await removeUnnamed(house, live.secrets, wish.secrets);
    return { configMap, secrets };
  } catch (failure) {
    if (!(failure instanceof ResourceTaken)) throw failure;
    return { configMap: live.configMap, secrets, problem: takenVerdict(failure) };
  }
}

export const TOO_NEW = 'A replica that is ready cannot read this configuration yet. Upgrade the identity provider.';

export function takenVerdict({ kind, objectName }: ResourceTaken): Verdict {
  return bad('ResourceConflict', `${kind} ${objectName} exists and is not ours. Rename or remove it.`);
}

async function removeUnnamed(house: House, live: ReadonlyMap<string, Secret>, wished: readonly Secret[]): Promise<void> {
  const named = new Set(wished.map(secret => secret.metadata.name));
  for (const [name, { metadata }] of live) {
    if (!named.has(name)) await house.cluster.delete(CORE.secrets, name, metadata.namespace, metadata.uid);
  }
}

interface Programmed {
  verdict: Verdict;
  replicas: SsoTenantStatus['replicas'];
}

function watchReplicas(house: House, key: string, scene: TenantScene, applied: Applied): Programmed {
  const { tenant, replicas, uid } = scene;
  const previous = tenant.status?.conditions?.find(({ type }) => type === 'Programmed');
  const generation = tenant.metadata.generation ?? 0;
  const counted = tenant.status?.replicas;
  if (applied.problem !== undefined) return { verdict: applied.problem, replicas: counted };
  if (applied.configMap === undefined) return { verdict: NOT_WRITTEN, replicas: counted };
  const wanted = wantedOf(uid, applied.configMap, applied.secrets);
  const judge = (now: TenantScene['replicas']) => judgeProgrammed({ replicas: now, wanted, previous, generation });
  const verdict = judge(replicas);
  // Once True only a refusal lowers it, and refusals wake by UID.
  if (verdict.status !== 'True') house.awaiting.set('SsoTenant', key, now => fingerprint(judge(now)), replicas);
  const current = replicas.filter(replica => hasLoaded(replica, wanted)).length;
  const isKept = isStillTrue(previous, generation) && counted !== undefined;
  return { verdict, replicas: isKept ? counted : { ready: replicas.length, current } };
}

export const NOT_WRITTEN = unknown('Progressing', 'Nothing is live until the conditions before this one are met.');

export function fingerprint({ status, reason, message }: Verdict): string {
  return `${status} ${reason} ${message}`;
}

export function wantedOf(uid: string, configMap: ConfigMap, secrets: readonly Secret[]): Wanted {
  return {
    uid,
    configMap: configMap.metadata.resourceVersion ?? '0',
    secrets: secrets.map(secret => secret.metadata.resourceVersion ?? '0'),
  };
}

interface Summary {
  scene: TenantScene;
  findings: TenantFindings;
  material: TenantMaterial | undefined;
  programmed: Programmed;
}

function summarizeTenant(house: House, { scene, findings, material, programmed }: Summary): SsoTenantStatus {
  const { tenant, attached } = scene;
  const issuer = issuerOf(tenant.spec.domain, house.settings.publicPort);
  const { discovery, jwks } = endpointsOf(issuer);
  const conditions = summarize({
    order: TENANT_CONDITIONS,
    verdicts: { ...findings.verdicts, Programmed: programmed.verdict },
    advisory: adviseTenant(findings, house.clock.now()),
    previous: tenant.status?.conditions ?? [],
    generation: tenant.metadata.generation ?? 0,
    now: house.clock.now(),
  });
  const keys = material?.parsedKeys.signing.map(({ state, jwk }) => ({ kid: jwk.kid, algorithm: jwk.alg, state }));
  return {
    observedGeneration: tenant.metadata.generation ?? 0,
    domainStatus: domainStatusOf(conditions),
    issuer,
    endpoints: { discovery, jwks },
    ...(keys === undefined ? {} : { keys }),
    ...(programmed.replicas === undefined ? {} : { replicas: programmed.replicas }),
    clients: { oidc: attached },
    conditions,
  };
}

function domainStatusOf(conditions: readonly Condition[]): NonNullable<SsoTenantStatus['domainStatus']> {
  const statusOf = (wanted: string) => conditions.find(({ type }) => type === wanted)?.status;
  if (statusOf('Ready') === 'True') return 'Online';
  if (statusOf('Accepted') === 'False') return 'NotProvisioned';
  if (statusOf('Programmed') !== 'True') return 'Provisioning';
  // The last good state is served; only a certificate that browsers refuse takes it away from people.
  return statusOf('CertificateReady') === 'False' ? 'Offline' : 'Online';
}

function comeBack(house: House, scene: TenantScene, { verdicts, renewAt, certificateEnds }: TenantFindings): Outcome {
  const { settings, clock } = house;
  const now = clock.now();
  const isUnproven = verdicts.DomainVerified.status !== 'True';
  const age = (now - Date.parse(scene.tenant.metadata.creationTimestamp ?? '')) / 1000;
  const isMissing = [verdicts.SourcesReady, verdicts.CertificateReady].some(it => it.reason.startsWith('Secret'));
  const isWatched = settings.watchSecrets === true;
  const dates = [renewAt, certificateEnds].filter(at => at !== undefined && at > now) as number[];
  return soonest(house, [
    isUnproven ? recheckSeconds(Number.isFinite(age) ? age : 0) : undefined,
    scene.isBeingFreed ? 1 : undefined,
    isWatched ? undefined : (settings.secretRecheckSeconds ?? RECHECK_SECONDS),
    isMissing && !isWatched ? (settings.missingSecretSeconds ?? MISSING_SECONDS) : undefined,
    ...dates.map(at => Math.min(43_200, (at - now) / 1000)),
  ]);
}

