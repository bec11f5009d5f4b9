import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CORE } from '#crds/wire/cluster.ts';
import type { Log } from '#operator/runtime/log.ts';
import { caFile, caFiles } from './ca-files.ts';
import { type DevelopmentCa, openDevelopmentCa } from './development-ca.ts';
import { FolderCluster } from './folder-cluster.ts';
import { type IdpProcess, startIdp } from './idp-process.ts';
import { followLeases, readyReplicas } from './lease-files.ts';
import { objectFiles } from './object-files.ts';
import { claimPort } from './ports.ts';
import { type ServedFolder, serveFolder } from './serve-folder.ts';
import { IDP_NAMESPACE, IDP_SERVICE, REPLICA } from './settings.ts';

/**
 * The no-cluster mode: the operator's own controllers over a folder of YAML and a cluster in files, and the identity
 * provider as a second process over the same files. Prints nothing; whoever starts it is told.
 */

export interface LocalOptions {
  /** The YAML to serve. */
  directory: string;
  /** Where keys, sessions and credentials of this folder are kept. */
  state: string;
  /** Where the development CA is kept; shared by all folders. */
  caDirectory: string;
  /** Where Node keeps what it made of our files. */
  compileCache: string;
  /** 0: any free one. */
  httpsPort: number;
  log: Log;
}

export interface Local extends ServedFolder, AsyncDisposable {
  readonly cluster: FolderCluster;
  readonly ca: DevelopmentCa;
  /** Path of its certificate. */
  readonly caFile: string;
  readonly httpsPort: number;
  readonly idp: IdpProcess;
}

export async function startLocal(options: LocalOptions): Promise<Local> {
  const { directory, state, caDirectory, log } = options;
  const httpsPort = await claimPort(options.httpsPort);
  const folder = join(state, 'cluster');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stopping = new AbortController();
  const cluster = openCluster(folder);
  const onError = (error: unknown): void => log.error({ error: String(error) }, 'reading a Lease failed');
  await followLeases(folder, { cluster, namespace: IDP_NAMESPACE, onError }, stopping.signal);
  const idp = await openIdp(options, folder, httpsPort);
  const stop = async (): Promise<void> => {
    stopping.abort();
    await idp.stop();
  };
  try {
    const ca = await openCa(caDirectory, cluster);
    const served = await serveFolder({ directory, cluster, certificateIssuer: ca, httpsPort, log }, stopping.signal);
    // Last, so that nothing counts as loaded before there is something to load.
    await cluster.apply(CORE.endpointSlices, readyReplicas(IDP_SERVICE, IDP_NAMESPACE, [REPLICA]));
    return Object.assign(served, {
      cluster,
      ca,
      caFile: caFile(caDirectory),
      httpsPort,
      idp,
      [Symbol.asyncDispose]: stop,
    });
  } catch (error) {
    await stop();
    throw error;
  }
}

function openCluster(folder: string): FolderCluster {
  const files = objectFiles(folder, IDP_NAMESPACE);
  return new FolderCluster({ now: () => new Date(), newUid: () => randomUUID(), files });
}

async function openIdp({ state, compileCache }: LocalOptions, folder: string, https: number): Promise<IdpProcess> {
  return startIdp({
    folder,
    compileCache,
    store: join(state, 'sessions.sqlite'),
    logFile: join(state, 'idp.log'),
    namespace: IDP_NAMESPACE,
    replica: REPLICA,
    ports: { https, admin: await claimPort(0) },
  });
}

/** Certificates of an authority that is gone are worth nothing: they go too, and the controllers issue new ones. */
async function openCa(directory: string, cluster: FolderCluster): Promise<DevelopmentCa> {
  const files = caFiles(directory);
  const isNew = (await files.load()) === undefined;
  const ca = await openDevelopmentCa({ store: files, now: () => new Date() });
  const secrets = isNew ? cluster.list(CORE.secrets) : [];
  for (const { metadata } of secrets.filter(({ metadata }) => metadata.name.endsWith('-tls'))) {
    if (metadata.namespace === IDP_NAMESPACE) await cluster.delete(CORE.secrets, metadata.name, IDP_NAMESPACE);
  }
  return ca;
}
