import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { createTally } from './tally.ts';
import { LostAnswer } from './transport.ts';
import { type Application, createVisit, discover, publishedKeys, SignedOut, type Visit } from './visit.ts';

/**
 * A program that signs people in and sees them come back until it is told to stop (SIGUSR2) or its time is over; then
 * everybody who ever signed in comes back once more. Runs beside the provider, in a pod. Settings: environment.
 */

const env = (name: string, fallback?: string): string => {
  const value = process.env[name] ?? fallback;
  if (value === undefined) throw new Error(`${name} is missing`);
  return value;
};

const application: Application = {
  issuer: env('LOAD_ISSUER'),
  clientId: env('OIDC_CLIENT_ID'),
  clientSecret: env('OIDC_CLIENT_SECRET'),
  redirectUri: env('LOAD_REDIRECT_URI'),
};
const route = {
  host: env('LOAD_HOST'),
  port: Number(env('LOAD_PORT', '443')),
  ca: await readFile(env('LOAD_CA_FILE'), 'utf8'),
};
/** People at once, and how long each waits between two things that they do. */
const PEOPLE = Number(env('LOAD_PEOPLE', '4'));
const PAUSE_MS = Number(env('LOAD_PAUSE_MS', '600'));
/** `name-0`, `name-1` and so on share one password: nobody signs in twice at once. */
const [USERNAME, PASSWORD] = [env('LOAD_USERNAME'), env('LOAD_PASSWORD')];
const END = Date.now() + Number(env('LOAD_SECONDS', '600')) * 1000;
/** Who keeps a session open; the others close the browser, and their sessions live on. */
const KEPT = 150;
const RESTARTS = 5;

const tally = createTally();
const visits: Visit[] = [];
const stop = new AbortController();
process.on('SIGUSR2', () => stop.abort());
process.on('SIGTERM', () => process.exit(143));

const say = (line: object | undefined): void =>
  void (line !== undefined && process.stdout.write(`${JSON.stringify(line)}\n`));
const kindOf = (error: unknown): string => {
  const { name, message, cause } = error as Error;
  return `${name}: ${message}${cause === undefined ? '' : ` (${(cause as Error).message ?? JSON.stringify(cause)})`}`;
};

/** Does it again when an answer was lost, as a person would; the time is that of the try that came through. */
async function attempt(
  visit: Visit,
  act: 'signIn' | 'comeBack',
  done: (milliseconds: number) => void,
): Promise<boolean> {
  for (let restarts = 0; ; restarts++) {
    const [begun, doubts] = [performance.now(), visit.doubts()];
    try {
      await visit[act]();
      done(performance.now() - begun);
      return true;
    } catch (error) {
      const lost = lostAnswer(error) ?? (visit.doubts() > doubts ? `sent twice: ${kindOf(error)}` : undefined);
      if (lost === undefined || restarts >= RESTARTS) {
        (error instanceof SignedOut ? tally.lost : tally.failed)(kindOf(error));
        return false;
      }
      tally.restarted(lost);
    }
  }
}

/** openid-client wraps what its fetch throws. */
function lostAnswer(error: unknown): string | undefined {
  for (let each: unknown = error; each instanceof Error; each = each.cause)
    if (each instanceof LostAnswer) return each.message;
  return undefined;
}

async function person(_: unknown, index: number): Promise<void> {
  while (!stop.signal.aborted && Date.now() < END) {
    const visit = createVisit(
      { application, provider, route, tally },
      { username: `${USERNAME}-${index}`, password: PASSWORD },
    );
    if ((await attempt(visit, 'signIn', tally.signedIn)) && visits.length < KEPT) visits.push(visit);
    else visit.end();
    await delay(PAUSE_MS);
    const old = visits[Math.floor(Math.random() * visits.length)];
    if (old !== undefined) await attempt(old, 'comeBack', tally.returned);
    await delay(PAUSE_MS);
  }
}

const provider = await discover(application, route, tally);
say({ at: new Date().toISOString(), started: true });
const seconds = setInterval(() => say(tally.second()), 1000);
await Promise.all(Array.from({ length: PEOPLE }, person));
const beforeTheEnd = tally.summary();
for (const visit of visits) await attempt(visit, 'comeBack', tally.returned);
for (const visit of visits) visit.end();
clearInterval(seconds);
const atTheEnd = tally.summary();
say({
  people: visits.length,
  stillSignedIn: atTheEnd.returns - beforeTheEnd.returns,
  summary: atTheEnd,
  idToken: visits[0]?.idToken(),
  keys: await publishedKeys(provider, route, tally),
});
