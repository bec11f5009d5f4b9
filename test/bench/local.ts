import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ENDPOINTS } from '#crds/schema/endpoints.ts';
import { createPerson, type Page } from '#test/support/person.ts';
import { freePort, ROOT, until } from '#test/support/program.ts';
import { type BenchCase, type BenchOptions, type Figure, ofRounds } from './bench-case.ts';
import { residentMemory } from './measure.ts';
import { npmStart, type Started } from './npm-start.ts';

interface Place {
  yaml: string;
  state: string;
  port: number;
  demoPort: number;
}

const TENANTS = 10;
const IDLE_SECONDS = 10;

/** `npm start` to the first sign-in page, an edit to its effect, and the memory of an idle replica (bars B6, B7). */
export const local: BenchCase = {
  title: 'No cluster: npm start',
  method:
    'The quickstart, as `npm start` serves it, copied to a folder of its own; spawned as people type it, npm included. ' +
    'A start is timed to the last byte of the sign-in page that an authorization request of the wiki leads to, over TLS.',
  run: localFigures,
};

async function localFigures({ rounds }: BenchOptions): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'sso-bench-'));
  try {
    const place = {
      yaml: join(folder, 'yaml'),
      state: join(folder, 'state'),
      port: await freePort(),
      demoPort: await freePort(),
    };
    await cp(join(ROOT, 'crds', 'examples', 'quickstart'), place.yaml, { recursive: true });
    const fresh: number[] = [];
    const again: number[] = [];
    for (let round = 0; round < rounds; round++) {
      await rm(place.state, { recursive: true, force: true });
      fresh.push(await startToPage(place));
      again.push(await startToPage(place));
    }
    return [...startFigures(fresh, again, rounds), ...(await servingFigures(place, rounds))];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function startFigures(fresh: number[], again: number[], rounds: number): Figure[] {
  const method = `spawn of "npm start" to the whole sign-in page over TLS, median of ${rounds}`;
  const shared = { unit: 'ms', bar: { id: 'B7', most: 3000 } } as const;
  return [
    { name: 'npm start to sign-in page, first run', ...ofRounds(fresh), ...shared, method: `${method}, no state` },
    { name: 'npm start to sign-in page, later run', ...ofRounds(again), ...shared, method: `${method}, keys kept` },
  ];
}

const start = ({ yaml, state, port, demoPort }: Place): Started =>
  npmStart([yaml, '--state', state, '--port', `${port}`, '--demo-port', `${demoPort}`]);

async function startToPage(place: Place): Promise<number> {
  const begun = performance.now();
  const program = start(place);
  try {
    await until('the sign-in page', async () =>
      (await signInPage(place)).body.includes('name="password"') ? true : undefined,
    );
    return performance.now() - begun;
  } finally {
    await program.stop();
    await until('the port is free', async () => ((await isOpen(place)) ? undefined : true));
  }
}

const isOpen = (place: Place): Promise<boolean> =>
  signInPage(place).then(
    () => true,
    () => false,
  );

/** By the authorization request of the wiki, with a redirect URI. */
async function signInPage({ port, state, demoPort }: Place, path = '/callback'): Promise<Page> {
  const ca = await readFile(join(state, 'ca', 'ca.crt'), 'utf8');
  const query = new URLSearchParams({
    client_id: 'team-acme.wiki',
    response_type: 'code',
    scope: 'openid',
    redirect_uri: `https://demo.localhost:${path === '/callback' ? 8444 : demoPort}${path}`,
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  });
  return createPerson({ ca }).open(`https://acme.localhost:${port}${ENDPOINTS.authorization}?${query.toString()}`);
}

async function servingFigures(place: Place, rounds: number): Promise<Figure[]> {
  await addTenants(place);
  const program = start(place);
  try {
    await until('it is ready', async () => program.output().includes('Ready after') || undefined);
    const edits: number[] = [];
    for (let round = 0; round < rounds * 3; round++) edits.push(await editToLive(place, round));
    await delay(IDLE_SECONDS * 1000);
    const pid = await idpOf(program.pid);
    const memory = await residentMemory(pid);
    return [
      {
        name: 'saved file to changed answer',
        ...ofRounds(edits),
        unit: 'ms',
        bar: { id: 'P1', most: 1000 },
        method: `end of the write to a sign-in page at the new redirect URI, asked every 50 ms, median of ${edits.length}`,
      },
      {
        name: `memory of an idle replica, ${TENANTS} tenants`,
        value: memory,
        unit: 'MiB',
        bar: { id: 'B6', most: 120 },
        method: `VmRSS of idp/main.ts as npm start runs it (compile cache, young generation of 4 MiB), ${IDLE_SECONDS} s after its last request`,
      },
    ];
  } finally {
    await program.stop();
  }
}

/** Copies of globex, under other names. */
async function addTenants({ yaml }: Place): Promise<void> {
  const globex = await readFile(join(yaml, 'globex.yaml'), 'utf8');
  const there = (await readdir(yaml)).length - 1;
  for (let i = there; i < TENANTS; i++)
    await writeFile(join(yaml, `tenant-${i}.yaml`), globex.replaceAll('globex', `tenant-${i}`));
}

async function editToLive(place: Place, round: number): Promise<number> {
  const file = join(place.yaml, 'acme.yaml');
  const text = await readFile(file, 'utf8');
  const path = `/bench-${round}`;
  await writeFile(
    file,
    text.replace(
      /https:\/\/demo\.localhost:\d+\/(callback|bench-\d+)/,
      `https://demo.localhost:${place.demoPort}${path}`,
    ),
  );
  const begun = performance.now();
  await until('the edit is live', async () =>
    (await signInPage(place, path)).body.includes('name="password"') ? true : undefined,
  );
  return performance.now() - begun;
}

async function idpOf(pid: number): Promise<number> {
  const children = async (of: number): Promise<number[]> =>
    (await readFile(`/proc/${of}/task/${of}/children`, 'utf8')).trim().split(' ').filter(Boolean).map(Number);
  for (const child of await children(pid)) {
    const command = await readFile(`/proc/${child}/cmdline`, 'utf8');
    if (command.includes('idp/main.ts')) return child;
    const below = await idpOf(child);
    if (below > 0) return below;
  }
  return 0;
}
