import { createHash } from 'node:crypto';
import { ANNOTATIONS, LABELS } from '#crds/schema/group.ts';
import type { ConfigMap, KubeObject, Secret } from '#crds/schema/kinds.ts';
import { DOCUMENT_KEY } from '#crds/schema/live-config.ts';
import { CORE } from '#crds/wire/cluster.ts';
import type { Log } from '#operator/runtime/log.ts';
import { openDevelopmentCa } from './development-ca.ts';
import { FolderCluster } from './folder-cluster.ts';
import type { FileProblem } from './kube-documents.ts';
import { serveFolder } from './serve-folder.ts';
import { IDP_NAMESPACE } from './settings.ts';

/**
 * What the operator writes for a folder: its own controllers run over a cluster in memory, and the result is read. What
 * differs from run to run (times, versions, values of Secrets and hashes over them) is left out, so two runs are equal.
 */

export interface Rendered {
  manifests: KubeObject[];
  problems: FileProblem[];
}

const SILENT: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const PATIENCE_MS = 2_000;

export async function renderFolder(directory: string, httpsPort: number, signal: AbortSignal): Promise<Rendered> {
  const stop = new AbortController();
  const cluster = new FolderCluster({ now: () => new Date(), newUid: derivedUid });
  const store = { load: async () => undefined, save: async () => undefined };
  const certificateIssuer = await openDevelopmentCa({ store, now: () => new Date() });
  const options = { directory, cluster, certificateIssuer, httpsPort, log: SILENT };
  try {
    const served = await serveFolder(options, AbortSignal.any([signal, stop.signal]));
    await served.idle(PATIENCE_MS);
    const children = [...cluster.list<ConfigMap>(CORE.configMaps), ...cluster.list<Secret>(CORE.secrets)];
    const manifests = children.filter(isOurs).map(stable).sort(byName);
    return { manifests, problems: served.first.problems };
  } finally {
    stop.abort();
  }
}

/** The same object has the same uid in every run (RFC 9562 section 5.8: version 8, made from a hash). */
function derivedUid({ kind, metadata }: KubeObject): string {
  const hash = createHash('sha256')
    .update(`${kind} ${metadata.namespace ?? ''} ${metadata.name}`)
    .digest('hex');
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}

const isOurs = ({ metadata }: KubeObject): boolean =>
  metadata.namespace === IDP_NAMESPACE || metadata.annotations?.[ANNOTATIONS.owner] !== undefined;

const LEFT_OUT = '<left out>';

function stable(object: ConfigMap | Secret): ConfigMap | Secret {
  const { uid: _u, resourceVersion: _r, creationTimestamp: _c, generation: _g, ...metadata } = object.metadata;
  const values = Object.entries(object.data ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const data = values.map(([key, value]) => [key, isRandom(object, key) ? LEFT_OUT : stableDocument(key, value)]);
  return { ...object, metadata, data: Object.fromEntries(data) };
}

/** Made of what is minted anew in every run. */
function isRandom({ kind, metadata }: KubeObject, key: string): boolean {
  const isOutput = metadata.labels?.[LABELS.ownerKind] === 'SamlClient' && key !== DOCUMENT_KEY;
  return kind === 'Secret' || (isOutput && ['metadata.xml', 'signing.crt'].includes(key));
}

/** A document names each Secret with the hash of what is in it. */
function stableDocument(key: string, value: string): string {
  if (key !== DOCUMENT_KEY) return value;
  const shown = (name: string, field: unknown): unknown => (name === 'hash' ? LEFT_OUT : field);
  return `${JSON.stringify(JSON.parse(value), shown, 2)}\n`;
}

function byName(a: KubeObject, b: KubeObject): number {
  const key = ({ kind, metadata }: KubeObject): string => `${metadata.namespace} ${kind} ${metadata.name}`;
  return key(a) < key(b) ? -1 : 1;
}
