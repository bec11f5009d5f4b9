import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { NAMESPACES } from '#test/support/installation.ts';
import type { Pod } from '#test/support/pods/cluster.ts';
import { deleteByForce, killProcesses } from '#test/support/pods/kill.ts';
import { threeReady } from '#test/support/pods/release.ts';
import { assertNobodySuffered, idps, load, type Scene, tell, total } from './scene.ts';

/** What a dying replica has in its hands is begun again: at most what four people do at once, at each of three deaths. */
const MOST_BEGUN_AGAIN = 12;

const DEATHS = {
  'deleted by force': (pod: Pod) => deleteByForce(pod, NAMESPACES.idp),
  'killed by signal 9': killProcesses,
} as const;

export function whenReplicasDie(scene: Scene): void {
  for (const [how, kill] of Object.entries(DEATHS))
    test(`three replicas ${how} one after another: nobody is signed out, no sign-in fails`, async t => {
      await threeReady();
      await using people = await load(scene, 240);
      for (const pod of await idps()) {
        await kill(pod);
        await delay(1500);
        await threeReady();
        await delay(2000);
      }
      const result = await people.finish();
      tell(t, how, result);
      assertNobodySuffered(result);
      assert.ok(total(result.summary.restarted) <= MOST_BEGUN_AGAIN, JSON.stringify(result.summary.restarted));
    });
}
