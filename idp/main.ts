import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from '#crds/wire/api-server.ts';
import type { Cluster } from '#crds/wire/cluster.ts';
import { createAudit } from './audit.ts';
import { createLog, type Log } from './log.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { createProtocols } from './protocols.ts';
import { readSettings, type Settings } from './settings.ts';
import { openStores, type Stores } from './storage/index.ts';
import { watchStore } from './store-watch.ts';
import { Acknowledger, type LeaseWriter } from './tenants/acknowledge.ts';
import { Configuration } from './tenants/configuration.ts';
import { clusterLease } from './tenants/lease.ts';
import type { ConfigurationSource } from './tenants/live-object.ts';
import { folderLease, folderSource } from './tenants/source-folder.ts';
import { kubernetesSource } from './tenants/source-kubernetes.ts';
import { createTlsServer } from './tls/server.ts';
import { createAdminServer } from './web/admin.ts';
import { createWeb } from './web/index.ts';
import { drain, endKeptConnections, listen } from './web/listen.ts';
import { oidcPages } from './web/oidc-pages.ts';
import { parseProxies } from './web/proxies.ts';

/** Wires the rooms of the identity provider together; the only file here that knows them all. Holds no logic. */

interface Origin {
  source: ConfigurationSource;
  lease: LeaseWriter;
}

/** A replica answers until its Service has noticed that it leaves, and then for those whom it is serving. */
const DRAIN_MS = 25_000;

async function main(): Promise<void> {
  const settings = readSettings(process.env);
  const log = createLog(settings.logLevel);
  process.on('uncaughtException', error => {
    log.error({ err: error }, 'stopped by a mistake');
    process.exit(1);
  });
  const stop = new AbortController();
  const live = await startConfiguration(settings, log, stop.signal);
  const stores = await openStores(settings.stores, {
    now: Date.now,
    random: Math.random,
    volatileWatcher: watchStore('volatile', live.metrics, log),
    durableWatcher: watchStore('durable', live.metrics, log),
  });
  const servers = await openPorts(settings, { log, stores, live });
  log.info({ source: settings.source.type, tlsPort: settings.httpsPort }, 'started');
  const signal = await firstSignal();
  log.info({ signal }, 'stopping');
  live.leave();
  endKeptConnections(servers.people);
  await delay(settings.drainSeconds * 1000);
  await drain(servers.people, DRAIN_MS);
  stop.abort();
  await drain(servers.admin, 1_000);
  await stores.close();
  log.info({}, 'stopped');
  process.exit(0);
}

function firstSignal(): Promise<NodeJS.Signals> {
  return new Promise(resolve => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
}

interface Live {
  configuration: Configuration;
  metrics: Metrics;
  isReady: () => boolean;
  /** From now on this replica is not ready. */
  leave: () => void;
}

async function startConfiguration(settings: Settings, log: Log, signal: AbortSignal): Promise<Live> {
  let swappedAt = 0;
  let isLeaving = false;
  const metrics = createMetrics(() => ({ ...figuresOf(configuration), swappedAt }));
  const configuration = new Configuration({
    clock: Date.now,
    schedule: task => setImmediate(task),
    onProblem: (name, problem) => {
      metrics.documentRefused(problem.code);
      log.warn({ object: name, code: problem.code, reason: problem.message }, 'a document was refused');
    },
    onChange: () => {
      swappedAt = Math.floor(Date.now() / 1000);
      metrics.swapped();
      acknowledger.changed();
    },
  });
  const { source, lease } = await openOrigin(settings, log);
  const acknowledger = new Acknowledger({
    progress: () => configuration.progress(),
    lease,
    wait: (milliseconds, signal) => delay(milliseconds, undefined, { signal, ref: false }).catch(() => undefined),
    onError: error => log.warn({ err: error }, 'the acknowledgement could not be written'),
  });
  source(configuration.sinks, signal);
  void acknowledger.run(signal);
  const isReady = (): boolean => configuration.isLoaded && acknowledger.hasWritten && !isLeaving;
  return { configuration, metrics, isReady, leave: () => void (isLeaving = true) };
}

function figuresOf(configuration: Configuration) {
  const tenants = [...configuration.registry.current().byUid.values()];
  const { acknowledgement, waiting } = configuration.progress();
  const clients = tenants.reduce((sum, tenant) => sum + tenant.clients.size + tenant.samlClients.size, 0);
  return { tenants: tenants.length, clients, rejected: acknowledgement.rejected.length, waiting };
}

async function openOrigin(settings: Settings, log: Log): Promise<Origin> {
  const { source, namespace, podName, podUid } = settings;
  const replica = { namespace, podName, ...(podUid !== undefined && { podUid }) };
  if (source.type === 'folder') {
    const onError = (error: unknown): void => log.warn({ err: error }, 'the folder could not be read');
    return { source: folderSource(source.directory, { onError }), lease: folderLease(source.directory, replica) };
  }
  const cluster = await connectCluster(settings, log);
  return { source: kubernetesSource(cluster, namespace), lease: clusterLease(cluster, replica) };
}

async function connectCluster({ api }: Settings, log: Log): Promise<Cluster> {
  const ca = await readFile(api.caFile, 'utf8');
  // A bound token is renewed in its file while we run.
  const token = async (): Promise<string> => (await readFile(api.tokenFile, 'utf8')).trim();
  return connect({ server: api.server, ca, token }, { log, userAgent: 'sso-idp/0.1' });
}

interface Insides {
  log: Log;
  stores: Stores;
  live: Live;
}

async function openPorts(settings: Settings, insides: Insides): Promise<{ people: Server[]; admin: Server[] }> {
  const { log, live } = insides;
  const { metrics } = live;
  const { registry } = live.configuration;
  const handler = createHandler(settings, insides);
  const tls = createTlsServer({
    registry,
    handler,
    onRefused: (reason, name) => {
      metrics.handshakeRefused(reason);
      log.debug({ reason, name }, 'a handshake was refused');
    },
  });
  const admin = createAdminServer({ isReady: live.isReady, metrics: () => metrics.expose() });
  await listen(admin, settings.listen, settings.adminPort);
  await listen(tls, settings.listen, settings.httpsPort);
  if (settings.httpPort === 0) return { people: [tls], admin: [admin] };
  const plain = createServer(handler);
  await listen(plain, settings.listen, settings.httpPort);
  return { people: [tls, plain], admin: [admin] };
}

function createHandler(settings: Settings, { log, stores, live }: Insides) {
  const { registry } = live.configuration;
  const protocols = createProtocols({ registry, stores, pages: oidcPages, log, now: Date.now });
  const observer = { ...live.metrics, audit: createAudit(log) };
  const trusted = parseProxies(settings.trustedProxies);
  return createWeb({ registry, trusted, ...protocols, observer, log });
}

await main().catch((error: unknown) => {
  createLog('error').error({ err: error }, 'could not start');
  process.exit(1);
});
