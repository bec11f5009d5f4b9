import { readFileSync, statSync, watch } from 'node:fs';
import { mkdir, readdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay, setImmediate as pause } from 'node:timers/promises';
import { LABELS } from '#crds/schema/group.ts';
import type { ConfigMap, KubeObject, Secret } from '#crds/schema/kinds.ts';
import type { LeaseWriter } from './acknowledge.ts';
import { renderLease } from './lease.ts';
import { type ConfigurationSource, type ObjectSink, versionOf } from './live-object.ts';

/**
 * The configuration without a cluster: the same objects as JSON files, `<dir>/configmaps/*.json` and
 * `<dir>/secrets/*.json`, each replaced by rename. fs.watch wakes us; a slow rescan heals what it misses.
 */

const RESCAN_MS = 5_000;
/** Files looked at between two pauses: some two milliseconds. */
const AT_ONCE = 64;

export interface FolderParts {
  onError: (error: unknown) => void;
  rescanMs?: number;
}

export function folderSource(directory: string, parts: FolderParts): ConfigurationSource {
  return (sinks, signal) => {
    void follow(join(directory, 'configmaps'), 'ConfigMap', sinks.configMaps, { ...parts, signal });
    void follow(join(directory, 'secrets'), 'Secret', sinks.secrets, { ...parts, signal });
  };
}

async function follow<T extends ConfigMap | Secret>(
  directory: string,
  kind: T['kind'],
  sink: ObjectSink<T>,
  parts: FolderParts & { signal: AbortSignal },
): Promise<void> {
  const { signal } = parts;
  const files = new FolderFiles<T>(directory, kind, parts.onError);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  let wake: () => void = () => undefined;
  const watcher = watch(directory, { signal }, () => wake());
  watcher.on('error', parts.onError);
  while (!signal.aborted) {
    const woken = new Promise<void>(resolve => {
      wake = resolve;
    });
    try {
      await files.scan(sink);
    } catch (error) {
      parts.onError(error);
    }
    const rescan = new AbortController();
    const timeout = delay(parts.rescanMs ?? RESCAN_MS, undefined, { signal: AbortSignal.any([signal, rescan.signal]) });
    await Promise.race([woken, timeout.catch(() => undefined)]);
    rescan.abort();
  }
}

/** Remembers what each file said, so that only changes are told. */
class FolderFiles<T extends ConfigMap | Secret> {
  private readonly directory: string;
  private readonly kind: string;
  private readonly onError: (error: unknown) => void;
  private readonly unreadable = new Map<string, string>();
  /** Of an object only what its deletion has to tell: the whole ones live in the configuration. */
  private readonly seen = new Map<string, { stamp: string; object: T }>();
  private isListed = false;

  constructor(directory: string, kind: string, onError: (error: unknown) => void) {
    this.directory = directory;
    this.kind = kind;
    this.onError = onError;
  }

  async scan(sink: ObjectSink<T>): Promise<void> {
    const names = (await readdir(this.directory))
      .filter(name => name.endsWith('.json') && !name.startsWith('.'))
      .sort();
    const changed: T[] = [];
    for (let i = 0; i < names.length; i += AT_ONCE) {
      const read = names.slice(i, i + AT_ONCE).map(name => this.read(name));
      changed.push(...read.filter(object => object !== undefined));
      await pause();
    }
    const present = new Set(names);
    const gone = [...this.seen].filter(([name]) => !present.has(name));
    for (const [name] of gone) this.seen.delete(name);
    if (!this.isListed) {
      this.isListed = true;
      return sink.replaced(changed, String(newest(changed)));
    }
    for (const object of changed.sort(byVersion)) sink.changed(object);
    for (const [, { object }] of gone) sink.deleted(object);
  }

  /**
   * The object when its file changed. A file that is no object of ours is told once and its last good state stays.
   * Without promises: they cost a small file five times what reading it does, and a rescan looks at every one.
   */
  private read(name: string): T | undefined {
    const path = join(this.directory, name);
    const facts = statSync(path, { bigint: true, throwIfNoEntry: false });
    const stamp = `${facts?.ino} ${facts?.mtimeNs} ${facts?.size}`;
    const known = this.unreadable.get(name) ?? this.seen.get(name)?.stamp;
    if (facts === undefined || known === stamp) return undefined;
    const object = parseObject(readFileSync(path, 'utf8'), this.kind) as T | undefined;
    if (object === undefined) {
      this.unreadable.set(name, stamp);
      this.onError(new Error(`${path} is not a ${this.kind} of live configuration`));
      return undefined;
    }
    this.unreadable.delete(name);
    this.seen.set(name, { stamp, object: withoutContent(object) });
    return object;
  }
}

function withoutContent<T extends ConfigMap | Secret>({ data: _data, ...rest }: T): T {
  return rest as T;
}

function parseObject(text: string, kind: string): KubeObject | undefined {
  try {
    const object = JSON.parse(text) as KubeObject | null;
    return object?.kind === kind && object.metadata.labels?.[LABELS.document] !== undefined ? object : undefined;
  } catch {
    return undefined;
  }
}

function newest(objects: readonly KubeObject[]): bigint {
  return objects.map(object => versionOf(object.metadata.resourceVersion)).reduce((a, b) => (a > b ? a : b), 0n);
}

function byVersion(a: KubeObject, b: KubeObject): number {
  return Number(versionOf(a.metadata.resourceVersion) - versionOf(b.metadata.resourceVersion));
}

/** The acknowledgement as `<dir>/leases/<replica>.json`, for the folder target of the operator. */
export function folderLease(directory: string, replica: { namespace: string; podName: string }): LeaseWriter {
  const path = join(directory, 'leases', `${replica.podName}.json`);
  return {
    async write(acknowledgement) {
      await mkdir(join(directory, 'leases'), { recursive: true, mode: 0o700 });
      const draft = join(directory, 'leases', `.${replica.podName}.draft`);
      await writeFile(draft, JSON.stringify(renderLease(replica, acknowledgement), undefined, 2), { mode: 0o600 });
      await rename(draft, path);
    },
    isThere: () =>
      stat(path).then(
        () => true,
        () => false,
      ),
  };
}
