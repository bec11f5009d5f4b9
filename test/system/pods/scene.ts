import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Pod } from '#test/support/pods/cluster.ts';
import { type Load, type Result, startLoad } from '#test/support/pods/load.ts';
import { IDP, podsOf } from '#test/support/pods/release.ts';

/** What the tests on a cluster with pods share: people who sign in, how a test judges what happened to them, and tells it. */

export interface Scene {
  /** PEM of the development CA; empty before the installation. */
  ca: string;
  /** What people found before anything happened. */
  calm?: Result;
}

export const load = ({ ca }: Scene, seconds: number): Promise<Load> => startLoad({ ca, seconds });
export const idps = (): Promise<Pod[]> => podsOf(IDP);

/** Nobody failed, nobody was signed out, and everybody who signed in before came back at the end. */
export function assertNobodySuffered({ summary, people, stillSignedIn }: Result): void {
  assert.deepEqual([summary.failed, summary.lost], [{}, {}]);
  assert.ok(people > 0);
  assert.equal(stillSignedIn, people);
}

export function tell(t: TestContext, what: string, { summary, people, stillSignedIn, seconds }: Result): void {
  const { signIns, returns, refreshes, retried, restarted, failed, lost, signInMs, returnMs } = summary;
  t.diagnostic(
    `${what}: ${signIns} sign-ins, ${returns} returns, ${refreshes} refreshes in ${seconds.length} s; ` +
      `${stillSignedIn} of ${people} still signed in; requests sent again ${say(retried)}, sign-ins begun again ` +
      `${say(restarted)}, failed ${say(failed)}, signed out ${say(lost)}; sign-in ${signInMs.join('/')} ms, ` +
      `return ${returnMs.join('/')} ms (median/p99/longest)`,
  );
}

function say(kinds: Record<string, number>): string {
  const entries = Object.entries(kinds);
  return entries.length === 0 ? '0' : entries.map(([kind, count]) => `${count} (${kind})`).join(', ');
}

export const total = (kinds: Record<string, number>): number =>
  Object.values(kinds).reduce((sum, each) => sum + each, 0);
