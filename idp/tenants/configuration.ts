import { LABELS } from '#crds/schema/group.ts';
import type { ConfigMap, KubeObject, Secret } from '#crds/schema/kinds.ts';
import { type Assembled, assemble } from './assemble.ts';
import { type Parsed, type ParsedDocument, type Problem, parseDocument, uidOf } from './document.ts';
import { type ConfigurationSinks, type ObjectSink, versionOf } from './live-object.ts';
import { LoadedVersion, type Progress, progressOf, type Standing } from './progress.ts';
import { RegistryBuilder } from './registry.ts';
import { pick, type SecretShelf, shelve } from './secret-shelf.ts';
import type { Registry } from './tenant.ts';

/**
 * The live configuration of this replica: takes objects in any order, pairs each document with the Secrets that it names
 * (by name and hash), keeps the last good pair of a document that is bad or waits, and swaps the registry whole. Knows
 * neither the API server nor the folder, and nothing of protocols.
 */

export interface ConfigurationParts {
  /** Epoch milliseconds. */
  clock: () => number;
  /** Runs the task soon and once; events that come in one go are swapped in together. */
  schedule: (task: () => void) => void;
  /** A document was refused or its pair does not come. Never called with a value of a document. */
  onProblem: (name: string, problem: Problem) => void;
  /** After each swap, and when only the progress changed. */
  onChange: () => void;
}

interface Entry {
  readonly uid: string;
  readonly version: bigint;
  readonly parsed: Parsed<ParsedDocument>;
}

interface Served {
  readonly parsed: ParsedDocument;
  readonly assembled: Assembled;
}

export class Configuration {
  private readonly parts: ConfigurationParts;
  private readonly registryBuilder = new RegistryBuilder();
  private readonly entries = new Map<string, Entry>();
  private readonly served = new Map<string, Served>();
  private readonly standings = new Map<string, Standing>();
  private readonly shelf: SecretShelf = new Map();
  /** Which documents name a Secret. */
  private readonly namedBy = new Map<string, Set<string>>();
  private readonly dirty = new Set<string>();
  private readonly loaded = { configMaps: new LoadedVersion(), secrets: new LoadedVersion() };
  private scheduled = false;
  readonly sinks: ConfigurationSinks;

  constructor(parts: ConfigurationParts) {
    this.parts = parts;
    this.sinks = {
      configMaps: this.sink<ConfigMap>(this.loaded.configMaps, this.entries, {
        put: object => this.putDocument(object),
        drop: name => this.dropDocument(name),
      }),
      secrets: this.sink<Secret>(this.loaded.secrets, this.shelf, {
        put: object => this.putSecret(object),
        drop: name => this.dropSecret(name),
      }),
    };
  }

  get registry(): Registry {
    return this.registryBuilder;
  }

  /** true from the end of both initial lists on. */
  get isLoaded(): boolean {
    return this.loaded.configMaps.isListed && this.loaded.secrets.isListed;
  }

  /** What may be acknowledged now. */
  progress(): Progress {
    return progressOf({
      configMaps: this.loaded.configMaps.newest,
      secrets: this.loaded.secrets.newest,
      standings: this.standings.values(),
      collisions: this.registryBuilder.collisions().keys(),
      now: this.parts.clock(),
    });
  }

  private sink<T extends KubeObject>(
    loaded: LoadedVersion,
    held: ReadonlyMap<string, { version: bigint }>,
    on: { put(object: T): void; drop(name: string): void },
  ): ObjectSink<T> {
    const put = (object: T): void => {
      loaded.see(versionOf(object.metadata.resourceVersion));
      if (held.get(object.metadata.name)?.version !== versionOf(object.metadata.resourceVersion)) on.put(object);
    };
    return {
      replaced: (objects, resourceVersion) => {
        loaded.list(versionOf(resourceVersion));
        const names = new Set(objects.map(object => object.metadata.name));
        for (const name of held.keys()) if (!names.has(name)) on.drop(name);
        for (const object of objects) put(object);
        this.soon();
      },
      changed: object => {
        put(object);
        this.soon();
      },
      deleted: object => {
        loaded.see(versionOf(object.metadata.resourceVersion));
        on.drop(object.metadata.name);
        this.soon();
      },
    };
  }

  private putDocument(object: ConfigMap): void {
    const name = object.metadata.name;
    if (object.metadata.labels?.[LABELS.document] === undefined) return this.dropDocument(name);
    const parsed = parseDocument(object);
    this.unlink(name);
    this.entries.set(name, { uid: uidOf(object), version: versionOf(object.metadata.resourceVersion), parsed });
    this.link(name);
    this.dirty.add(name);
  }

  private dropDocument(name: string): void {
    this.unlink(name);
    this.entries.delete(name);
    this.dirty.add(name);
  }

  private putSecret(object: Secret): void {
    this.shelf.set(object.metadata.name, shelve(object));
    this.markSecret(object.metadata.name);
  }

  private dropSecret(name: string): void {
    this.shelf.delete(name);
    this.markSecret(name);
  }

  private markSecret(name: string): void {
    for (const document of this.namedBy.get(name) ?? []) this.dirty.add(document);
  }

  private needsOf(name: string): string[] {
    const parsed = this.entries.get(name)?.parsed;
    return parsed?.ok ? parsed.value.needs.map(pointer => pointer.name) : [];
  }

  private link(name: string): void {
    for (const secret of this.needsOf(name)) {
      this.namedBy.set(secret, (this.namedBy.get(secret) ?? new Set()).add(name));
    }
  }

  private unlink(name: string): void {
    for (const secret of this.needsOf(name)) {
      const documents = this.namedBy.get(secret);
      documents?.delete(name);
      if (documents?.size === 0) this.namedBy.delete(secret);
    }
  }

  private soon(): void {
    if (this.scheduled || !this.isLoaded) return;
    this.scheduled = true;
    this.parts.schedule(() => this.flush());
  }

  private flush(): void {
    this.scheduled = false;
    for (const name of this.dirty) this.settle(name);
    this.dirty.clear();
    if (this.registryBuilder.swap())
      for (const [uid, problem] of this.registryBuilder.collisions()) this.parts.onProblem(uid, problem);
    this.parts.onChange();
  }

  /** Decides about one document: serve it, wait, or keep the last good one. */
  private settle(name: string): void {
    const entry = this.entries.get(name);
    if (entry === undefined) return this.forget(name);
    if (!entry.parsed.ok) return this.refuse(name, entry, entry.parsed.problem);
    const parsed = entry.parsed.value;
    const data = pick(this.shelf, parsed.needs);
    if (data === undefined) return this.wait(name, entry, parsed);
    if (this.served.get(name)?.parsed.hash !== parsed.hash) {
      const assembled = assemble(parsed, data);
      if (!assembled.ok) return this.refuse(name, entry, assembled.problem);
      this.serve(name, { parsed, assembled: assembled.value });
    }
    this.standings.delete(name);
  }

  private serve(name: string, served: Served): void {
    const before = this.served.get(name);
    if (before !== undefined && identity(before) !== identity(served)) this.withdraw(before);
    this.served.set(name, served);
    if (served.assembled.kind === 'tenant') this.registryBuilder.putTenant(served.assembled.core);
    else this.registryBuilder.putClient(served.assembled.client);
  }

  private withdraw(served: Served): void {
    const { assembled } = served;
    if (assembled.kind === 'tenant') this.registryBuilder.dropTenant(assembled.core.document.uid);
    else this.registryBuilder.dropClient(assembled.client.document.tenantUid, assembled.client.document.uid);
  }

  private forget(name: string): void {
    const served = this.served.get(name);
    if (served !== undefined) this.withdraw(served);
    this.served.delete(name);
    this.standings.delete(name);
  }

  private refuse(name: string, entry: Entry, problem: Problem): void {
    this.standings.set(name, { kind: 'refused', uid: entry.uid });
    this.parts.onProblem(name, problem);
  }

  private wait(name: string, entry: Entry, parsed: ParsedDocument): void {
    const served = this.served.get(name)?.parsed;
    const inUse = new Set(served?.needs.map(pointer => `${pointer.name} ${pointer.hash}`));
    const unused = parsed.needs
      .map(pointer => ({ name: pointer.name, secret: this.shelf.get(pointer.name) }))
      .filter(({ name, secret }) => secret !== undefined && !inUse.has(`${name} ${secret.hash}`))
      .map(({ secret }) => secret?.version ?? 0n);
    const before = this.standings.get(name);
    this.standings.set(name, {
      kind: 'waiting',
      uid: entry.uid,
      since: before?.kind === 'waiting' ? before.since : this.parts.clock(),
      configMap: served?.hash === parsed.hash ? undefined : entry.version,
      secrets: unused,
    });
  }
}

function identity({ parsed: { document } }: Served): string {
  return `${document.document === 'client' ? document.tenantUid : ''}/${document.uid}`;
}
