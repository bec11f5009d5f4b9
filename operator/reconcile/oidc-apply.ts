import { FORMAT } from '#crds/schema/live-config.ts';
import { CORE } from '#crds/wire/cluster.ts';
import { canRead } from '#operator/rules/programmed.ts';
import { applyApplication } from './application.ts';
import { ResourceTaken } from './apply.ts';
import type { House } from './house.ts';
import { applyConfigMap, applySecret } from './live-writes.ts';
import type { OidcScene } from './oidc-gather.ts';
import type { OidcFindings } from './oidc-judge.ts';
import type { OidcWish } from './oidc-render.ts';
import type { Applied } from './programmed.ts';
import { TOO_NEW, takenVerdict } from './verdicts.ts';

/** Writes what an OidcClient wishes, in the order in which a crash between two writes does no harm. */

/**
 * The IdP's credentials come first (they say where the application's Secret will be), then the application's Secret
 * with the value, at last the ConfigMap that makes the pair count: until then the IdP keeps the last good pair. For a new
 * client the application's Secret is the very first: whether its name is free is not known before, and if nothing comes
 * after it, it holds the value that is made live next time, or goes with its owner.
 */
export async function applyOidc(
  house: House,
  scene: OidcScene,
  findings: OidcFindings,
  wish: OidcWish,
): Promise<Applied> {
  const { live } = scene;
  try {
    if (scene.application.isAssumed) await writeApplication(house, scene, findings, wish);
    const credentials =
      wish.credentials === undefined ? undefined : await applySecret(house, live.credentials, wish.credentials);
    const secrets = credentials === undefined ? [] : [credentials];
    if (!scene.application.isAssumed) await writeApplication(house, scene, findings, wish);
    if (wish.configMap === undefined) return { configMap: live.configMap, secrets };
    if (!canRead(scene.replicas, FORMAT)) return { secrets, problem: TOO_NEW };
    return { configMap: await applyConfigMap(house, live.configMap, wish.configMap), secrets };
  } catch (failure) {
    if (!(failure instanceof ResourceTaken)) throw failure;
    return { secrets: [], problem: takenVerdict(failure) };
  }
}

async function writeApplication(
  house: House,
  { client, uid, application }: OidcScene,
  findings: OidcFindings,
  wish: OidcWish,
): Promise<void> {
  if (wish.application === undefined) return;
  const { secrets: reader } = house.readers;
  const write = { client, type: CORE.secrets, reader, application, tenure: findings.application };
  await applyApplication(house, { ...write, wish: wish.application });
  if (findings.application !== 'foreign') house.pending.delete(uid);
}
