import type { ConfigMap, KubeObject } from '#crds/schema/kinds.ts';
import { type Cluster, CORE, type WatchScope } from '#crds/wire/cluster.ts';
import type { WireLog } from '#crds/wire/deps.ts';

/** What a watch told, as a test wants to ask for it. */
export interface Seen {
  /** Name -> value of the key `v`. */
  readonly values: Map<string, string>;
  /** How often the whole truth was told. */
  readonly lists: number;
  /** How many single changes were told. */
  readonly changes: number;
  stop(): void;
}

export function watchConfigMaps(cluster: Cluster, scope: WatchScope): Seen {
  const values = new Map<string, string>();
  const stop = new AbortController();
  const counted = { lists: 0, changes: 0 };
  const put = ({ metadata, data }: ConfigMap): void => void values.set(metadata.name, data?.['v'] ?? '');
  cluster.watch<ConfigMap>(
    CORE.configMaps,
    scope,
    {
      replaced: objects => {
        counted.lists += 1;
        values.clear();
        for (const object of objects) put(object);
      },
      changed: object => {
        counted.changes += 1;
        put(object);
      },
      deleted: ({ metadata }) => {
        counted.changes += 1;
        values.delete(metadata.name);
      },
    },
    stop.signal,
  );
  return {
    values,
    get lists() {
      return counted.lists;
    },
    get changes() {
      return counted.changes;
    },
    stop: () => stop.abort(),
  };
}

export function configMap(namespace: string, name: string, v: string, labels = {}): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, labels }, data: { v } };
}

export interface LogLine {
  level: string;
  fields: { err?: { code?: string; message: string } };
  message: string;
}

export function keepLog(): { log: WireLog; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at =
    (level: string) =>
    (fields: object, message: string): void =>
      void lines.push({ level, fields, message });
  return { log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }, lines };
}

export function namespaceObject(name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}
