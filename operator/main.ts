import { randomBytes, randomUUID } from 'node:crypto';
import type { OutgoingHttpHeaders } from 'node:http';
import type { RequestOptions } from 'node:https';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Secret } from '#crds/schema/kinds.ts';
import { connect } from '#crds/wire/api-server.ts';
import { type Cluster, CORE } from '#crds/wire/cluster.ts';
import { type Connection, inClusterConnection } from '#crds/wire/connection.ts';
import { createRecorder } from '#crds/wire/events.ts';
import { LEASE_SECONDS, startElection } from '#crds/wire/lease.ts';
import { createTxtLookup } from '#operator/domains/txt.ts';
import type { CertificateIssuer } from '#operator/keys/certificate-issuer.ts';
import { type CaStore, openDevelopmentCa } from '#operator/local/development-ca.ts';
import { startControllers } from '#operator/reconcile/index.ts';
import type { Controllers } from '#operator/reconcile/parts.ts';
import { ensureStoreSecret } from '#operator/reconcile/store-secret.ts';
import { base64 } from '#operator/render/secret.ts';
import { parseDomainClaims } from '#operator/rules/domain.ts';
import { parseIssuers } from '#operator/rules/issuer.ts';
import { systemClock } from '#operator/runtime/clock.ts';
import { fence } from '#operator/runtime/fence.ts';
import { probe, startHealth } from '#operator/runtime/health.ts';
import { createLog } from './log.ts';
import { createMetrics } from './metrics.ts';
import { readSettings, type Settings } from './settings.ts';

/**
 * The operator as a program: settings, connection, leader election, health, and the controllers once it leads. It knows
 * every room and decides nothing itself.
 */

const USER_AGENT = 'sso-operator/0.1.0';
const CA_SECRET = 'sso-development-ca';
/** A reconcile that takes longer hangs: every request of ours ends after half a minute. */
const STUCK_MS = 300_000;

const settings = readSettings(process.env);
// Here, so that what is written wrongly ends the program at once.
const domainClaims = parseDomainClaims(settings.domainClaims);
const issuers = parseIssuers(settings.issuers);
const log = createLog(settings.logLevel);
const metrics = createMetrics();
const stop = new AbortController();
let controllers: Controllers | undefined;
let isSynced = false;

for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort());

const cluster = connect(await connectionFor(settings), { log, userAgent: USER_AGENT });
const health = await startHealth(
  {
    '/healthz': () => probe(isStuck() ? 'a reconcile hangs' : undefined),
    '/readyz': () => probe(controllers !== undefined && !isSynced ? 'reading the cluster' : undefined),
    '/metrics': async () => ({
      status: 200,
      type: metrics.registry.contentType,
      body: await metrics.registry.metrics(),
    }),
  },
  settings.health,
);
const identity = `${settings.podName ?? hostname()}_${randomUUID()}`;
// An API server that was away for longer than the Lease costs the lead, not the process.
while (!stop.signal.aborted) await serveTerm();
health.close();
log.info({}, 'stopped');
// Requests that are under way would hold the process for up to half a minute.
setTimeout(() => process.exit(), 2000).unref();

/** Contends for the Lease, and runs the controllers from when it is held until it is lost, released, or start-up fails. */
async function serveTerm(): Promise<void> {
  const end = new AbortController();
  const signal = AbortSignal.any([stop.signal, end.signal]);
  const election = startElection({
    cluster,
    clock: systemClock,
    log,
    name: 'sso-operator',
    namespace: settings.namespace,
    identity,
    seconds: leaseTimes(settings.leaseSeconds),
    onGained: () =>
      void lead(
        fence(cluster, () => election.isLeader()),
        signal,
      ).catch((failure: unknown) => {
        log.error({ err: failure }, 'cannot lead');
        end.abort();
      }),
    onLost: () => end.abort(),
    signal,
  });
  await election.ended;
  end.abort();
  controllers = undefined;
  isSynced = false;
  metrics.leading(false);
  await delay(1000, undefined, { signal: stop.signal }).catch(() => undefined);
}

function isStuck(): boolean {
  const oldest = controllers?.oldestRun();
  return oldest !== undefined && systemClock.now() - oldest > STUCK_MS;
}

async function lead(fenced: Cluster, signal: AbortSignal): Promise<void> {
  metrics.leading(true);
  const certificateIssuer = settings.hasDevelopmentCa ? await developmentCa(fenced, settings.namespace) : undefined;
  await ensureStoreSecret(fenced, settings, () => randomBytes(32));
  if (signal.aborted) return;
  const { idpNamespace, idpService, publicPort, secretRecheckSeconds, watchSecrets, watchConfigMaps } = settings;
  controllers = startControllers(
    {
      cluster: fenced,
      settings: {
        idpNamespace,
        idpService,
        publicPort,
        secretRecheckSeconds,
        watchSecrets,
        watchConfigMaps,
        domainClaims,
        issuers,
      },
      clock: systemClock,
      log,
      metrics: metrics.controllers,
      events: createRecorder({
        cluster: fenced,
        clock: systemClock,
        log,
        controller: 'sso-operator.dev/operator',
        instance: identity,
      }),
      txt: createTxtLookup(settings.dnsServers),
      ...(certificateIssuer === undefined ? {} : { certificateIssuer }),
    },
    signal,
  );
  await controllers.synced;
  isSynced = !signal.aborted;
  log.info({}, 'caches synced');
}

/** The proportions of client-go: 15, 10 and 2 seconds. */
function leaseTimes(lease: number): typeof LEASE_SECONDS {
  const factor = lease / LEASE_SECONDS.lease;
  return { lease, renew: LEASE_SECONDS.renew * factor, retry: LEASE_SECONDS.retry * factor };
}

function developmentCa(cluster: Cluster, namespace: string): Promise<CertificateIssuer> {
  const store: CaStore = {
    async load() {
      const data = (await cluster.get<Secret>(CORE.secrets, CA_SECRET, namespace))?.data;
      const decode = (name: string) => Buffer.from(data?.[name] ?? '', 'base64').toString('utf8');
      return data === undefined ? undefined : { cert: decode('ca.crt'), key: decode('ca.key') };
    },
    async save(pair) {
      const secret: Secret = {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: CA_SECRET, namespace },
        type: 'Opaque',
        data: { 'ca.crt': base64(pair.cert), 'ca.key': base64(pair.key) },
      };
      await cluster.create(CORE.secrets, secret);
    },
  };
  return openDevelopmentCa({ store, now: () => new Date(systemClock.now()) });
}

async function connectionFor({ kubeconfig, apiServer }: Settings): Promise<Connection> {
  if (kubeconfig === undefined) {
    return inClusterConnection(apiServer, () => systemClock.now());
  }
  // Loaded only here: it costs tens of megabytes, and a Pod does not need it.
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const read = async (): Promise<RequestOptions> => {
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    return options;
  };
  const { ca, cert, key } = await read();
  const server = config.getCurrentCluster()?.server ?? '';
  return {
    server: server.replace(/\/$/, ''),
    ...pem('ca', ca),
    ...pem('cert', cert),
    ...pem('key', key),
    token: async () => bearer((await read()).headers),
  };
}

/** client-node gives each as one text or buffer, or not at all. */
function pem(name: 'ca' | 'cert' | 'key', value: unknown): Partial<Record<typeof name, string>> {
  return typeof value === 'string' || Buffer.isBuffer(value) ? { [name]: value.toString() } : {};
}

function bearer(headers: RequestOptions['headers']): string {
  // client-node writes a plain object here, never the flat list that Node allows too.
  const value = (headers as OutgoingHttpHeaders | undefined)?.['Authorization'];
  return typeof value === 'string' ? value.replace(/^Bearer /, '') : '';
}
