import { statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { caFile, caFiles } from '#operator/local/ca-files.ts';
import { openDevelopmentCa } from '#operator/local/development-ca.ts';
import { fileLog } from '#operator/local/file-log.ts';
import { type Local, startLocal } from '#operator/local/local.ts';
import { answers, claimPort, PortTaken } from '#operator/local/ports.ts';
import { type Call, portOf, type Streams, UsageError } from './command.ts';
import { addresses, conditions, problemLine, saved } from './dev-output.ts';
import { claimState, DEFAULT_STATE, type StatePlace, statePlace } from './state.ts';
import { trustLines } from './trust.ts';

/** `sso dev`: serves a folder until Ctrl-C, and says what every save led to. */

const QUICKSTART = join(import.meta.dirname, '..', '..', 'crds', 'examples', 'quickstart');
const HTTPS_PORT = 8443;
const DEMO_PORT = 8444;
const FIRST_PATIENCE_MS = 15_000;

export async function dev(call: Call): Promise<number> {
  const { positionals, options } = call;
  if (positionals.length > 1) throw new UsageError('name one folder');
  const [directory = QUICKSTART] = positionals;
  if (directory === 'trust') return trust(call);
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory())
    throw new UsageError(`there is no folder ${directory}`);
  const place = statePlace(options.state, directory);
  const giveBack = claimState(place);
  try {
    return await serve(call, directory, place);
  } catch (error) {
    if (!(error instanceof PortTaken)) throw error;
    throw new UsageError(`${error.message}: stop what listens there, or choose others with --port and --demo-port`);
  } finally {
    giveBack();
  }
}

async function trust({ options, streams }: Call): Promise<number> {
  const directory = join(options.state ?? DEFAULT_STATE, 'ca');
  await openDevelopmentCa({ store: caFiles(directory), now: () => new Date() });
  for (const line of trustLines(process.platform, caFile(directory))) streams.out(line);
  return 0;
}

async function serve({ options, streams, signal }: Call, directory: string, place: StatePlace): Promise<number> {
  const demoPort = await claimPort(portOf(options['demo-port'], DEMO_PORT));
  const local = await startLocal({
    directory,
    state: place.folder,
    caDirectory: place.ca,
    httpsPort: portOf(options.port, HTTPS_PORT),
    log: fileLog(join(place.folder, 'operator.log')),
  });
  try {
    const died = local.idp.died.then(last => ({ last }));
    const ended = new Promise<undefined>(resolve => {
      signal.addEventListener('abort', () => resolve(undefined), { once: true });
      if (signal.aborted) resolve(undefined);
    });
    const serving = welcome(local, { streams, directory, demoPort, signal });
    const end = await Promise.race([died, ended, serving.then(() => ended)]);
    if (end === undefined) return 0;
    streams.err(
      `the identity provider ended; its log is ${join(place.folder, 'idp.log')}, and ended like this:\n${end.last}`,
    );
    return 1;
  } finally {
    await local.stop();
  }
}

interface Welcome {
  streams: Streams;
  directory: string;
  demoPort: number;
  signal: AbortSignal;
}

async function welcome(local: Local, { streams, directory, demoPort, signal }: Welcome): Promise<void> {
  const { cluster } = local;
  const demo = await startDemoApp(local, demoPort);
  signal.addEventListener('abort', () => void demo.close(), { once: true });
  streams.out(`Serving ${relative(process.cwd(), directory)}\n`);
  await local.settle(FIRST_PATIENCE_MS);
  while (!signal.aborted && !(await answers(local.httpsPort))) await delay(10);
  for (const line of addresses(cluster, demo.origin)) streams.out(line);
  streams.out('');
  for (const line of conditions(cluster, local.first.changes)) streams.out(line);
  for (const problem of local.first.problems) streams.out(problemLine(problem));
  for (const note of local.first.notes) streams.out(`note: ${note}`);
  streams.out('\nBrowsers warn until this machine trusts the development CA, which can sign for localhost only:');
  for (const line of trustLines(process.platform, local.caFile)) streams.out(`  ${line}`);
  streams.out(`\nReady after ${process.uptime().toFixed(1)} s. Save a file to apply it; Ctrl-C ends.`);
  await follow(local, streams);
}

async function follow(local: Local, streams: Streams): Promise<void> {
  const { cluster } = local;
  await local.follow(applied => {
    const time = new Date().toTimeString().slice(0, 8);
    for (const line of saved(applied, time)) streams.out(line);
    for (const line of conditions(cluster, applied.changes)) streams.out(line);
    if (!applied.isSettled) void sayWhenSettled(local, streams);
  });
}

const LATE_PATIENCE_MS = 60_000;

async function sayWhenSettled(local: Local, streams: Streams): Promise<void> {
  if (!(await local.settle(LATE_PATIENCE_MS))) return;
  for (const line of conditions(local.cluster, [])) streams.out(line);
}

/** Its library is needed by nothing else: loaded while the identity provider starts. */
async function startDemoApp(local: Local, port: number): Promise<{ origin: string; close(): Promise<void> }> {
  const [{ startDemo }, { demoClients }] = await Promise.all([
    import('#operator/local/demo/server.ts'),
    import('#operator/local/demo-clients.ts'),
  ]);
  const certificate = await local.ca.issue(['demo.localhost']);
  const origin = `https://demo.localhost:${port}`;
  const clients = () => demoClients(local.cluster, origin);
  return startDemo({ clients, port, certificate, ca: local.ca.certificate });
}
