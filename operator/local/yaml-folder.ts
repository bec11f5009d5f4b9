import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import {
  type FileProblem,
  type FileReading,
  type LiveObject,
  readObjects,
  type SourceObject,
} from './kube-documents.ts';

/**
 * A folder of YAML as one wish. A file with a problem keeps its last good state; the problems say where. Reads only:
 * apply-folder.ts brings the wish into the cluster.
 */

export interface Wish {
  objects: SourceObject[];
  problems: FileProblem[];
  notes: string[];
}

export interface YamlFolder {
  /** Reads what changed since the last time. */
  read(): Promise<Wish>;
  /** true when a file changed since `read`. */
  isStale(): Promise<boolean>;
}

export interface YamlFolderOptions {
  directory: string;
  /** One file of it, and no other. */
  only?: string;
  live: LiveObject;
  /** Namespaces that files may not write into. */
  reserved: readonly string[];
}

const IGNORED = /(^|\/)([.]|node_modules\/)/;
const MAX_BYTES = 3 * 1024 * 1024;

export function yamlFolder(options: YamlFolderOptions): YamlFolder {
  const good = new Map<string, SourceObject[]>();
  let stamp = '';

  async function readFileAt(path: string): Promise<FileReading> {
    const file = relative(process.cwd(), path);
    const text = await readFile(path, 'utf8');
    if (text.length > MAX_BYTES) return broken(file, 'larger than 3 MiB, which no API server takes');
    const reading = readObjects(file, text, options.live);
    reading.problems.push(...reading.objects.flatMap(source => reservedProblem(source, options.reserved)));
    return reading;
  }

  return {
    async read() {
      const files = await listFiles(options);
      stamp = files.map(file => file.stamp).join('\n');
      const readings = await Promise.all(files.map(async ({ path }) => ({ path, ...(await readFileAt(path)) })));
      for (const path of good.keys()) if (!files.some(file => file.path === path)) good.delete(path);
      return chooseGood(readings, good);
    },
    async isStale() {
      return stamp !== (await listFiles(options)).map(file => file.stamp).join('\n');
    },
  };
}

async function listFiles({ directory, only }: YamlFolderOptions): Promise<{ path: string; stamp: string }[]> {
  const names = only === undefined ? await readdir(directory, { recursive: true, encoding: 'utf8' }) : [basename(only)];
  const wanted = names.filter(name => /[.](ya?ml|json)$/.test(name) && !IGNORED.test(name)).sort();
  const files = await Promise.all(
    wanted.map(async name => {
      const path = join(directory, name);
      const facts = await stat(path).catch(() => undefined);
      return facts?.isFile() ? [{ path, stamp: `${path} ${facts.mtimeMs} ${facts.size} ${facts.ino}` }] : [];
    }),
  );
  return files.flat();
}

const broken = (file: string, message: string): FileReading => ({
  objects: [],
  notes: [],
  problems: [{ file, line: 1, column: 1, message }],
});

function reservedProblem({ object, file, place }: SourceObject, reserved: readonly string[]): FileProblem[] {
  const { kind, metadata } = object;
  const namespace = kind === 'Namespace' ? metadata.name : (metadata.namespace ?? '');
  if (!reserved.includes(namespace)) return [];
  const path = ['metadata', kind === 'Namespace' ? 'name' : 'namespace'];
  return [{ file, ...place(path), message: `the namespace ${namespace} belongs to the identity provider` }];
}

/** Files in the order of their names; of two objects with one name the later is a problem of its file. */
function chooseGood(readings: (FileReading & { path: string })[], good: Map<string, SourceObject[]>): Wish {
  const owners = new Map<string, SourceObject>();
  const wish: Wish = { objects: [], problems: [], notes: readings.flatMap(({ notes }) => notes) };
  for (const { path, objects, problems } of readings) {
    const found = [...problems, ...duplicates(objects, owners)];
    wish.problems.push(...found);
    if (found.length === 0) good.set(path, objects);
    for (const source of good.get(path) ?? []) {
      if (!owners.has(identityOf(source))) owners.set(identityOf(source), source);
    }
  }
  wish.objects = [...owners.values()];
  return wish;
}

function duplicates(objects: SourceObject[], owners: ReadonlyMap<string, SourceObject>): FileProblem[] {
  const own = new Map<string, SourceObject>();
  return objects.flatMap(source => {
    const first = owners.get(identityOf(source)) ?? own.get(identityOf(source));
    own.set(identityOf(source), first ?? source);
    if (first === undefined) return [];
    const where = `${first.file}:${first.place(['metadata', 'name']).line}`;
    const message = `${source.object.kind} ${source.object.metadata.name} stands in ${where} already`;
    return [{ file: source.file, ...source.place(['metadata', 'name']), message }];
  });
}

const identityOf = ({ type, object }: Pick<SourceObject, 'type' | 'object'>): string =>
  `${type.plural} ${object.metadata.namespace ?? ''} ${object.metadata.name}`;
