import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { API_SERVER_PID_FILE, kubectl } from '#test/support/pods/cluster.ts';
import type { Result } from '#test/support/pods/load.ts';
import { addRedirectUri } from '#test/support/pods/quickstart.ts';
import { OPERATOR, podsOf } from '#test/support/pods/release.ts';
import { until } from '#test/support/program.ts';
import { assertNobodySuffered, idps, load, type Scene, tell } from './scene.ts';

const AWAY_MS = 120_000;
const MOST_SILENT_MS = 10_000;
const EDIT = 'https://after-the-silence.example/callback';
const SKIP =
  API_SERVER_PID_FILE === undefined &&
  'the API server can be stopped only on its own machine: SSO_TEST_API_SERVER_PID_FILE (docs/image.md)';

/** Of every pod of ours: which, and how often it was restarted. */
async function restarts(): Promise<string[]> {
  const pods = [...(await idps()), ...(await podsOf(OPERATOR))];
  return pods.map(({ metadata, status }) => `${metadata.uid} ${status.containerStatuses?.[0]?.restartCount}`).sort();
}

export function whenTheApiServerIsAway(scene: Scene): void {
  test('the API server stands still for two minutes: sign-ins go on, and then an edit goes live without a restart', {
    skip: SKIP,
  }, async t => {
    const pid = Number(await readFile(API_SERVER_PID_FILE ?? '', 'utf8'));
    const before = await restarts();
    await using people = await load(scene, 400);
    const stopped = Date.now();
    // Connections stay open and nothing answers: harder than a refusal.
    process.kill(pid, 'SIGSTOP');
    await delay(AWAY_MS).finally(() => process.kill(pid, 'SIGCONT'));
    const back = Date.now();
    await until('the API server answers', () => kubectl(['get', '--raw', '/readyz']), 60);
    const live = await people.untilAccepted(EDIT, () => addRedirectUri(EDIT));
    const sinceBack = Date.now() - back;
    const result = await people.finish();
    tell(t, 'API server away', result);
    const silence = longestSilence(result, stopped, back);
    t.diagnostic(
      `longest time without a sign-in ${silence} ms; an edit was live ${live} ms after it was made, ${sinceBack} ms after the API server was back`,
    );
    assertNobodySuffered(result);
    assert.deepEqual(result.summary.restarted, {});
    assert.ok(silence < MOST_SILENT_MS, `${silence} ms without a sign-in`);
    assert.deepEqual(await restarts(), before);
  });
}

/** Milliseconds without a sign-in in that time. */
function longestSilence({ seconds }: Result, from: number, to: number): number {
  const times = seconds.filter(second => second.signIns !== undefined).map(({ at }) => Date.parse(at));
  const inside = [from, ...times.filter(at => at > from && at < to), to];
  return Math.max(...inside.slice(1).map((at, index) => at - (inside[index] ?? at)));
}
