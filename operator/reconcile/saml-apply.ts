import { FORMAT } from '#crds/schema/live-config.ts';
import { CORE } from '#crds/wire/cluster.ts';
import { canRead } from '#operator/rules/programmed.ts';
import { applyApplication } from './application.ts';
import { ResourceTaken } from './apply.ts';
import type { House } from './house.ts';
import { applyConfigMap } from './live-writes.ts';
import type { Applied } from './programmed.ts';
import type { SamlScene } from './saml-gather.ts';
import type { SamlFindings } from './saml-judge.ts';
import type { SamlWish } from './saml-render.ts';
import { TOO_NEW, takenVerdict } from './verdicts.ts';

/**
 * Writes what a SamlClient wishes. The live document says where the ConfigMap of the application lies: it is there
 * before that, and names a new place only when the former is empty, so that a crash leaves nothing that nobody finds.
 */
export async function applySaml(
  house: House,
  scene: SamlScene,
  findings: SamlFindings,
  wish: SamlWish,
): Promise<Applied> {
  const { client, live, replicas } = scene;
  if (wish.configMap === undefined) return { configMap: live.configMap, secrets: [] };
  if (!canRead(replicas, FORMAT)) return { secrets: [], problem: TOO_NEW };
  try {
    const first = live.configMap ?? (await applyConfigMap(house, undefined, wish.configMap));
    if (wish.output !== undefined) {
      const { configMaps: reader } = house.readers;
      const write = { client, type: CORE.configMaps, reader, application: scene.output, tenure: findings.output };
      await applyApplication(house, { ...write, wish: wish.output });
    }
    return { configMap: await applyConfigMap(house, first, wish.configMap), secrets: [] };
  } catch (failure) {
    if (!(failure instanceof ResourceTaken)) throw failure;
    return { secrets: [], problem: takenVerdict(failure) };
  }
}
