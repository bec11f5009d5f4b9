import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { applyQuickstart } from '#test/support/pods/quickstart.ts';
import { OPERATOR, podsOf, readCa } from '#test/support/pods/release.ts';
import { startUp, workingSets } from './figures.ts';
import { assertNobodySuffered, idps, load, type Scene, tell } from './scene.ts';

export function installed(scene: Scene): void {
  test('helm install, then the quickstart: every resource is Ready', async t => {
    await applyQuickstart();
    scene.ca = await readCa();
    for (const line of startUp([...(await idps()), ...(await podsOf(OPERATOR))])) t.diagnostic(line);
  });

  test('people sign in through the Service from another pod: form, consent, code, tokens, userinfo, refresh', async t => {
    await using people = await load(scene, 60);
    await delay(10_000);
    scene.calm = await people.finish();
    tell(t, 'no trouble', scene.calm);
    assertNobodySuffered(scene.calm);
    assert.deepEqual([scene.calm.summary.retried, scene.calm.summary.restarted], [{}, {}]);
    for (const line of await workingSets()) t.diagnostic(line);
  });
}
