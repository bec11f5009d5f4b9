import { GROUP } from '#crds/schema/group.ts';
import type { KubeObject } from '#crds/schema/kinds.ts';
import { CORE, type ResourceType } from '#crds/wire/cluster.ts';
import type { FolderCluster } from './folder-cluster.ts';
import { OUR_TYPES, type SourceObject } from './kube-documents.ts';
import type { Wish } from './yaml-folder.ts';

/** Brings the wish of a folder into the cluster, as `kubectl apply --prune` would, and says what changed. */

export interface Change {
  verb: 'created' | 'changed' | 'deleted';
  kind: string;
  /** Empty for a Namespace. */
  namespace: string;
  name: string;
}

/** On everything that came from a file: only this is ever deleted here. The operator's own Secrets do not bear it. */
const FROM_FILE = `${GROUP}/from-file`;

/** In the order in which they are applied; deletion goes the other way. */
const TYPES: readonly ResourceType[] = [CORE.namespaces, CORE.configMaps, CORE.secrets, ...Object.values(OUR_TYPES)];

/** While a file is broken nothing is deleted: what seems to be gone may stand in that file. */
export async function applyWish(cluster: FolderCluster, wish: Wish): Promise<Change[]> {
  const wanted = [...missingNamespaces(wish.objects), ...wish.objects.map(marked)];
  const changes: Change[] = [];
  for (const type of TYPES) {
    for (const object of wanted.filter(({ kind }) => kind === type.kind)) {
      const { name, namespace } = object.metadata;
      const live = await cluster.get(type, name, namespace);
      const next = await cluster.apply(type, object);
      if (live === undefined) changes.push(change('created', object));
      else if (live.metadata.resourceVersion !== next.metadata.resourceVersion) changes.push(change('changed', object));
    }
  }
  return wish.problems.length > 0 ? changes : [...changes, ...(await prune(cluster, wanted))];
}

async function prune(cluster: FolderCluster, wanted: readonly KubeObject[]): Promise<Change[]> {
  const kept = new Set(wanted.map(nameOf));
  const changes: Change[] = [];
  for (const type of TYPES.toReversed()) {
    const gone = cluster
      .list(type)
      .filter(object => object.metadata.annotations?.[FROM_FILE] !== undefined && !kept.has(nameOf(object)));
    for (const object of gone) {
      await cluster.delete(type, object.metadata.name, object.metadata.namespace, object.metadata.uid);
      changes.push(change('deleted', object));
    }
  }
  return changes;
}

function marked({ object, file }: SourceObject): KubeObject {
  const annotations = { ...object.metadata.annotations, [FROM_FILE]: file };
  const plain = withoutStatus(object);
  return { ...plain, metadata: { ...plain.metadata, annotations } };
}

/** Files made by `kubectl get -o yaml` bring what the server owns. */
function withoutStatus(object: KubeObject): KubeObject {
  const { status: _status, ...rest } = object as KubeObject & { status?: unknown };
  const { name, namespace, labels, annotations } = rest.metadata;
  return {
    ...rest,
    metadata: { name, ...(namespace && { namespace }), ...(labels && { labels }), ...(annotations && { annotations }) },
  };
}

/** A namespace that only its objects name: GitOps folders often keep Namespaces elsewhere. */
function missingNamespaces(sources: readonly SourceObject[]): KubeObject[] {
  const there = sources.filter(({ object }) => object.kind === 'Namespace').map(({ object }) => object.metadata.name);
  const named = new Set(sources.map(({ object }) => object.metadata.namespace ?? '').filter(name => name !== ''));
  return [...named]
    .filter(name => !there.includes(name))
    .map(name => ({
      apiVersion: CORE.namespaces.apiVersion,
      kind: CORE.namespaces.kind,
      metadata: { name, annotations: { [FROM_FILE]: '' } },
    }));
}

const change = (verb: Change['verb'], { kind, metadata }: KubeObject): Change => ({
  verb,
  kind,
  namespace: metadata.namespace ?? '',
  name: metadata.name,
});

const nameOf = ({ kind, metadata }: KubeObject): string => `${kind} ${metadata.namespace ?? ''} ${metadata.name}`;
