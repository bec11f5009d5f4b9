import { ANNOTATIONS } from '#crds/schema/group.ts';
import { hasLoaded, isStillTrue, judgeProgrammed, wantedOf } from '#operator/rules/programmed.ts';
import type { Outcome } from '#operator/runtime/controller.ts';
import type { House } from './house.ts';
import { writeStatus } from './status.ts';
import { type AppliedTenant, applyTenant, NOTHING } from './tenant-apply.ts';
import { gatherTenant, type TenantScene } from './tenant-gather.ts';
import { judgeTenant } from './tenant-judge.ts';
import { mintTenant } from './tenant-mint.ts';
import { renderTenant } from './tenant-render.ts';
import { comeBack, summarizeTenant, type TenantProgrammed } from './tenant-summary.ts';
import { fingerprint, NOT_WRITTEN } from './verdicts.ts';

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
  await writeStatus(
    house,
    house.world.tenants,
    tenant,
    summarizeTenant(house, { scene, findings, material, programmed }),
  );
  return comeBack(house, scene, findings);
}

function watchReplicas(house: House, key: string, scene: TenantScene, applied: AppliedTenant): TenantProgrammed {
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
