import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NAMESPACES } from '#test/support/installation.ts';
import { list, type Pod } from '#test/support/pods/cluster.ts';
import { IDP, upgrade } from '#test/support/pods/release.ts';
import { until } from '#test/support/program.ts';
import { assertNobodySuffered, idps, load, type Scene, tell } from './scene.ts';

export function whenUpgraded(scene: Scene): void {
  test('a rolling upgrade of both programs: nobody is signed out, and no sign-in has to be begun again', async t => {
    const old = new Set((await idps()).map(({ metadata }) => metadata.uid));
    await using people = await load(scene, 240);
    const stamp = ['idp', 'operator'].map(name => `--set-string=${name}.podAnnotations.stamp=${Date.now()}`);
    await upgrade(...stamp);
    const haveGone = async (): Promise<true | undefined> => {
      const pods = await list<Pod>('pod', NAMESPACES.idp, IDP);
      return pods.every(({ metadata }) => !old.has(metadata.uid)) || undefined;
    };
    await until('the old pods are gone', haveGone, 90);
    const result = await people.finish();
    tell(t, 'rolling upgrade', result);
    assertNobodySuffered(result);
    assert.deepEqual(result.summary.restarted, {});
  });
}
