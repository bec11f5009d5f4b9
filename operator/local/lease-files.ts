import { watch } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubeObject } from '#crds/schema/kinds.ts';
import { type Cluster, CORE } from '#crds/wire/cluster.ts';

/**
 * The Leases that IdP replicas write as `<dir>/leases/<replica>.json`, brought into the cluster, where the controllers
 * look for acknowledgements. fs.watch wakes us; a slow look heals what it misses.
 */

const RESCAN_MS = 1_000;

export interface LeaseParts {
  cluster: Cluster;
  namespace: string;
  onError: (error: unknown) => void;
}

/** Forgets the Leases of earlier runs, then follows the folder until `signal` aborts. */
export async function followLeases(directory: string, parts: LeaseParts, signal: AbortSignal): Promise<void> {
  const folder = join(directory, 'leases');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  let running = Promise.resolve();
  const look = (): void => {
    running = running.then(() => readLeases(folder, parts)).catch(parts.onError);
  };
  watch(folder, { signal }, look).on('error', parts.onError);
  const timer = setInterval(look, RESCAN_MS).unref();
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}

async function readLeases(folder: string, { cluster, namespace }: LeaseParts): Promise<void> {
  for (const name of (await readdir(folder)).filter(name => name.endsWith('.json'))) {
    const lease = JSON.parse(await readFile(join(folder, name), 'utf8')) as KubeObject;
    const { resourceVersion: _own, ...metadata } = lease.metadata;
    await cluster.apply(CORE.leases, { ...lease, metadata: { ...metadata, namespace } });
  }
}

/** The EndpointSlice that calls these replicas ready. */
export function readyReplicas(service: string, namespace: string, replicas: readonly string[]): KubeObject {
  const slice = {
    apiVersion: CORE.endpointSlices.apiVersion,
    kind: CORE.endpointSlices.kind,
    metadata: { name: service, namespace, labels: { 'kubernetes.io/service-name': service } },
    addressType: 'IPv4',
    ports: [],
    endpoints: replicas.map(name => ({
      addresses: ['127.0.0.1'],
      conditions: { ready: true },
      targetRef: { kind: 'Pod', name, namespace },
    })),
  };
  return slice;
}
