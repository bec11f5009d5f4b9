import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killProcesses } from '#test/support/pods/kill.ts';
import { addRedirectUri } from '#test/support/pods/quickstart.ts';
import { leader, OPERATOR, podsOf } from '#test/support/pods/release.ts';
import { until } from '#test/support/program.ts';
import { assertNobodySuffered, load, type Scene } from './scene.ts';

const MOST_MS = 20_000;
const EDIT = 'https://after-the-leader.example/callback';

export function whenTheLeaderDies(scene: Scene): void {
  test('the leader is killed: the other takes over in under 20 s, and an edit of that moment goes live', async t => {
    await using people = await load(scene, 120);
    const first = await leader();
    const pod = (await podsOf(OPERATOR)).find(({ metadata }) => first.startsWith(`${metadata.name}_`));
    assert.ok(pod, first);
    let takeover = 0;
    let editedAfter = 0;
    const live = await people.untilAccepted(EDIT, async () => {
      const begun = Date.now();
      await killProcesses(pod);
      const killed = Date.now();
      await addRedirectUri(EDIT);
      editedAfter = Date.now() - begun;
      await until('another leads', async () => (await leader()) !== first || undefined, 40);
      takeover = Date.now() - killed;
    });
    t.diagnostic(
      `the Lease changed hands after ${takeover} ms; the edit was live ${live - editedAfter} ms after it was made`,
    );
    assert.ok(takeover < MOST_MS, `${takeover} ms`);
    assert.ok(!(await leader()).startsWith(`${pod.metadata.name}_`), 'the other one leads');
    assertNobodySuffered(await people.finish());
  });
}
