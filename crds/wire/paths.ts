import type { ResourceType } from './cluster.ts';

/** Addresses of the Kubernetes API. */

export function collectionPath({ apiVersion, plural }: ResourceType, namespace: string | undefined): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return namespace === undefined
    ? `${root}/${plural}`
    : `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
}

/** Of one object. Throws when a namespaced type comes without a namespace: that path would mean something else. */
export function objectPath(type: ResourceType, name: string, namespace: string | undefined): string {
  if (type.namespaced !== (namespace !== undefined))
    throw new TypeError(`${type.kind} ${name}: ${type.namespaced ? 'needs a namespace' : 'has no namespace'}`);
  return `${collectionPath(type, namespace)}/${encodeURIComponent(name)}`;
}

export function withQuery(path: string, query: Record<string, string | undefined>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given).toString()}`;
}
