import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { KubeObject } from '#crds/schema/kinds.ts';

/**
 * Objects as JSON files that only their owner may read: `<dir>/<plural>/<name>.json` for the IdP's namespace and what
 * has no namespace, `<dir>/namespaces/<namespace>/<plural>/<name>.json` for the rest. Each write is a rename, so a
 * reader sees the old object or the new one. Not fsynced: after a power cut the folder is made again.
 */

export interface ObjectFiles {
  load(): KubeObject[];
  write(plural: string, object: KubeObject): void;
  remove(plural: string, object: KubeObject): void;
}

/** Nothing is kept: for `sso render` and tests. */
export const NO_FILES: ObjectFiles = { load: () => [], write: () => undefined, remove: () => undefined };

export function objectFiles(directory: string, idpNamespace: string): ObjectFiles {
  function path(plural: string, { metadata }: KubeObject): string {
    const isRoot = metadata.namespace === undefined || metadata.namespace === idpNamespace;
    const room = isRoot ? directory : join(directory, 'namespaces', metadata.namespace ?? '');
    return join(room, plural, `${metadata.name}.json`);
  }
  return {
    load: () => jsonFiles(directory).flatMap(readObject),
    write(plural, object) {
      const target = path(plural, object);
      const draft = join(dirname(target), `.${object.metadata.name}.draft`);
      mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
      writeFileSync(draft, JSON.stringify(object, undefined, 2), { mode: 0o600 });
      renameSync(draft, target);
    },
    remove: (plural, object) => rmSync(path(plural, object), { force: true }),
  };
}

function jsonFiles(directory: string): string[] {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.json'))
    .map(name => join(directory, name));
}

/** A file that was damaged by hand is as good as deleted: the operator writes it again. */
function readObject(path: string): KubeObject[] {
  try {
    const object = JSON.parse(readFileSync(path, 'utf8')) as Partial<KubeObject> | null;
    return typeof object?.metadata?.name === 'string' && object.kind !== undefined ? [object as KubeObject] : [];
  } catch {
    return [];
  }
}
