import { setTimeout as sleep } from 'node:timers/promises';
import type { Replicas } from './replicas.ts';
import { createVisitor, type Visitor } from './visitor.ts';

/**
 * A little load of people who are signed in: each asks for a code without a page (`prompt=none`), redeems it, looks the
 * person up, and begins anew, now at one replica, now at the other. Bounded by its pauses, and ends when it is told.
 */

export interface Load extends AsyncDisposable {
  /** Stops, and says what happened. */
  stop(): Promise<Outcome>;
}

export interface Outcome {
  rounds: number;
  /** Rounds that ended in 503. */
  unavailable: number;
  /** What is neither done nor 503; must be empty. */
  wrong: string[];
  /** From the first 503 to the last, milliseconds. */
  outage: number;
  /** Of all answers, milliseconds. */
  slowest: number;
  retryAfter: Set<string | undefined>;
}

const PEOPLE = 6;
const PAUSE = 40;

export async function startLoad(replicas: Replicas, tenant = 'acme'): Promise<Load> {
  const people: Visitor[] = [];
  // One after another: of many at once from one address the sixth is asked to wait.
  for (let i = 0; i < PEOPLE; i++) {
    const visitor = createVisitor(replicas, tenant);
    const page = await visitor.signIn(i);
    if (!page.url.searchParams.has('code')) throw new Error(`nobody is signed in: ${page.status} ${page.url.href}`);
    people.push(visitor);
  }
  const seen: Seen = { rounds: 0, failures: [], wrong: [], slowest: 0, retryAfter: new Set() };
  const over = new AbortController();
  const running = people.map(async (visitor, i) => {
    for (let n = i; !over.signal.aborted; n++) {
      await round(visitor, n, seen).catch((error: unknown) => void seen.wrong.push(String(error)));
      await sleep(PAUSE);
    }
  });
  const end = async (): Promise<void> => {
    over.abort();
    await Promise.all(running);
  };
  return {
    [Symbol.asyncDispose]: end,
    async stop() {
      await end();
      const { failures, rounds, wrong, slowest, retryAfter } = seen;
      const outage = Math.round((failures.at(-1) ?? 0) - (failures[0] ?? 0));
      return { rounds, unavailable: failures.length, wrong, outage, slowest: Math.round(slowest), retryAfter };
    },
  };
}

interface Seen {
  rounds: number;
  failures: number[];
  wrong: string[];
  slowest: number;
  retryAfter: Set<string | undefined>;
}

async function round(visitor: Visitor, n: number, seen: Seen): Promise<void> {
  seen.rounds += 1;
  const timed = async <T>(answer: Promise<T>): Promise<T> => {
    const started = performance.now();
    const told = await answer;
    seen.slowest = Math.max(seen.slowest, performance.now() - started);
    return told;
  };
  const page = await timed(visitor.open(n, visitor.begin({ prompt: 'none' })));
  if (page.status === 503) return failed(seen, page.headers['retry-after']);
  if (!page.url.searchParams.has('code')) return void seen.wrong.push(`${page.status} ${page.url.search}`);
  const tokens = await timed(visitor.token(n + 1, visitor.redemption(page)));
  if (tokens.status === 503) return failed(seen, tokens.retryAfter);
  if (tokens.status !== 200) return void seen.wrong.push(`token ${tokens.status} ${tokens.body.error}`);
  const person = await timed(visitor.userinfo(n, tokens.body.access_token ?? ''));
  if (person.status === 503) return failed(seen, person.retryAfter);
  if (person.status !== 200) seen.wrong.push(`userinfo ${person.status} ${person.body.error}`);
}

function failed(seen: Seen, retryAfter: string | undefined): void {
  seen.failures.push(performance.now());
  seen.retryAfter.add(retryAfter);
}
