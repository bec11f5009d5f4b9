import { ANNOTATIONS } from '#crds/schema/group.ts';
import { hasLoaded, isStillTrue } from '#operator/rules/programmed.ts';
import type { Outcome } from '#operator/runtime/controller.ts';
import type { House } from './house.ts';
import { type Programmed, watchReplicas } from './programmed.ts';
import { writeStatus } from './status.ts';
import { applyTenant, NOTHING } from './tenant-apply.ts';
import { judgeExposed } from './tenant-exposure.ts';
import { gatherTenant, type TenantScene } from './tenant-gather.ts';
import { judgeTenant } from './tenant-judge.ts';
import { mintTenant } from './tenant-mint.ts';
import { renderTenant } from './tenant-render.ts';
import { comeBack, summarizeTenant, type TenantProgrammed } from './tenant-summary.ts';

const NO_ISSUERS = new Set<string>();

/**
 * Reconciles one tenant: gather -> rules -> mint -> render -> apply -> summarize. The whole world is read and the whole
 * wish is written; nothing depends on which event came.
 */
export async function reconcileTenant(house: House, key: string): Promise<Outcome> {
  house.awaiting.clear('SsoTenant', key);
  const tenant = house.world.tenants.get(key);
  if (tenant === undefined || tenant.metadata.annotations?.[ANNOTATIONS.reconcile] === 'disabled') return {};
  const scene = await gatherTenant(house, tenant);
  const findings = judgeTenant(scene, house.settings.issuers ?? NO_ISSUERS, house.clock.now());
  const isAccepted = findings.verdicts.Accepted.status === 'True';
  const material = isAccepted ? await mintTenant(house, scene, findings) : undefined;
  const wish = material === undefined ? undefined : renderTenant({ house, scene, findings, material });
  const applied = wish === undefined ? NOTHING : await applyTenant(house, scene, wish);
  if (wish !== undefined) findings.verdicts.Exposed = judgeExposed(scene, applied.ingress);
  Object.assign(findings.verdicts, applied.refusals);
  const programmed = countReplicas(scene, watchReplicas(house, tenant, applied));
  await writeStatus(
    house,
    house.world.tenants,
    tenant,
    summarizeTenant(house, { scene, findings, material, programmed }),
  );
  return comeBack(house, scene, findings);
}

function countReplicas({ tenant, replicas }: TenantScene, { verdict, wanted }: Programmed): TenantProgrammed {
  const counted = tenant.status?.replicas;
  if (wanted === undefined) return { verdict, replicas: counted };
  const previous = tenant.status?.conditions?.find(({ type }) => type === 'Programmed');
  const isKept = isStillTrue(previous, tenant.metadata.generation ?? 0) && counted !== undefined;
  const current = replicas.filter(replica => hasLoaded(replica, wanted)).length;
  return { verdict, replicas: isKept ? counted : { ready: replicas.length, current } };
}
