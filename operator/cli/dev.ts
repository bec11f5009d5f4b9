import { statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { caFile, caFiles } from '#operator/local/ca-files.ts';
import type { Demo } from '#operator/local/demo/server.ts';
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

async function serve(call: Call, directory: string, place: StatePlace): Promise<number> {
  const { options, streams } = call;
  const demoPort = await claimPort(portOf(options['demo-port'], DEMO_PORT));
  await using local = await startLocal({
    directory,
    state: place.folder,
    caDirectory: place.ca,
    compileCache: place.compileCache,
    httpsPort: portOf(options.port, HTTPS_PORT),
    log: fileLog(join(place.folder, 'operator.log')),
  });
  await using demo = await startDemoApp(local, demoPort);
  streams.out(`Serving ${relative(process.cwd(), directory)}\n`);
  const serving = welcome(local, demo.origin, call).then(() => follow(local, streams));
  const last = await Promise.race([local.idp.died, aborted(call.signal), serving.then(() => undefined)]);
  if (last === undefined) return 0;
  const log = join(place.folder, 'idp.log');
  streams.err(`the identity provider ended; its log is ${log}, and ends like this:\n${last}`);
  return 1;
}

const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise(resolve => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });

async function welcome(local: Local, demoOrigin: string, { streams, signal }: Call): Promise<void> {
  const { cluster, first } = local;
  await local.settle(FIRST_PATIENCE_MS);
  while (!signal.aborted && !(await answers(local.httpsPort))) await delay(10);
  const lines = [
    ...addresses(cluster, demoOrigin),
    '',
    ...conditions(cluster, first.changes),
    ...first.problems.map(problemLine),
    ...first.notes.map(note => `note: ${note}`),
    '\nBrowsers warn until this machine trusts the development CA, which can sign for localhost only:',
    ...trustLines(process.platform, local.caFile).map(line => `  ${line}`),
    `\nReady after ${process.uptime().toFixed(1)} s. Save a file to apply it; Ctrl-C ends.`,
  ];
  for (const line of lines) streams.out(line);
}

async function follow(local: Local, streams: Streams): Promise<void> {
  let newest = 0;
  await local.follow(applied => {
    const own = ++newest;
    const show = (): void => {
      for (const line of conditions(local.cluster, applied.changes)) streams.out(line);
    };
    for (const line of saved(applied, new Date().toTimeString().slice(0, 8))) streams.out(line);
    show();
    if (!applied.isSettled)
      void local.settle(LATE_PATIENCE_MS).then(isSettled => isSettled && own === newest && show());
  });
}

const LATE_PATIENCE_MS = 60_000;

/** Its library is needed by nothing else: loaded while the identity provider starts. */
async function startDemoApp(local: Local, port: number): Promise<Demo> {
  const [{ startDemo }, { demoClients }, { demoSamlClients }] = await Promise.all([
    import('#operator/local/demo/server.ts'),
    import('#operator/local/demo-clients.ts'),
    import('#operator/local/demo-saml-clients.ts'),
  ]);
  const certificate = await local.ca.issue(['demo.localhost']);
  const origin = `https://demo.localhost:${port}`;
  const clients = () => demoClients(local.cluster, origin);
  const samlClients = () => demoSamlClients(local.cluster, origin);
  return startDemo({ clients, samlClients, port, certificate, ca: local.ca.certificate });
}
