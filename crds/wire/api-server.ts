import { FIELD_MANAGER } from '#crds/schema/group.ts';
import type { KubeObject } from '#crds/schema/kinds.ts';
import { type Cluster, CORE, type ResourceType, WireError } from './cluster.ts';
import type { Connection } from './connection.ts';
import { TIMING, type WireLog, type WireTiming } from './deps.ts';
import { collectionPath, objectPath, withQuery } from './paths.ts';
import { strip } from './strip.ts';
import { createTransport, type Transport, type WireRequest } from './transport.ts';
import { runWatch } from './watch.ts';

/**
 * A Kubernetes cluster over node:https. It owns paths, verbs, content types and the errors they give; it must not know
 * any kind of ours, nor when to try a write again: that is for the caller.
 */

export interface WireDeps {
  log: WireLog;
  /** `program/version`. */
  userAgent: string;
  /** In [0, 1); spreads retries and the lives of watches. Default: Math.random. */
  random?: () => number;
  /** For tests: the rest keeps its default. */
  timing?: Partial<WireTiming>;
}

const APPLY = 'application/apply-patch+yaml';
const MERGE = 'application/merge-patch+json';

export function connect(connection: Connection, deps: WireDeps): Cluster {
  const timing = { ...TIMING, ...deps.timing };
  const transport = createTransport(connection, deps.userAgent, timing);
  const watchParts = { transport, log: deps.log, random: deps.random ?? Math.random, timing };
  const manager = { fieldManager: FIELD_MANAGER };

  const write = async <T extends KubeObject>(type: ResourceType, asked: WireRequest): Promise<T> =>
    strip(type, (await transport.request({ ...asked, isSecret: type.plural === CORE.secrets.plural })) as T);

  const put = <T extends KubeObject>(type: ResourceType, object: T, subresource: string): Promise<T> => {
    const { name, namespace, resourceVersion } = object.metadata;
    if (resourceVersion === undefined) throw new TypeError(`${type.kind} ${name}: replace needs a resourceVersion`);
    const path = withQuery(`${objectPath(type, name, namespace)}${subresource}`, manager);
    return write<T>(type, { method: 'PUT', path, body: object });
  };

  return {
    watch(type, scope, sink, signal) {
      void runWatch(watchParts, { type, scope, sink, signal });
    },
    get: (type, name, namespace) => get(transport, type, objectPath(type, name, namespace)),
    create: async (type, object) => {
      const path = withQuery(collectionPath(type, object.metadata.namespace), manager);
      return write(type, { method: 'POST', path, body: object });
    },
    apply: async (type, object) => {
      const { name, namespace } = object.metadata;
      const path = withQuery(objectPath(type, name, namespace), { ...manager, force: 'true' });
      return write(type, { method: 'PATCH', path, body: object, contentType: APPLY });
    },
    merge: async (type, patch) => {
      const { name, namespace } = patch.metadata;
      const path = withQuery(objectPath(type, name, namespace), manager);
      return write(type, { method: 'PATCH', path, body: patch, contentType: MERGE });
    },
    replace: async (type, object) => put(type, object, ''),
    replaceStatus: async (type, object) => put(type, object, '/status'),
    delete: async (type, name, namespace, uid) => remove(transport, objectPath(type, name, namespace), uid),
  };
}

async function get<T extends KubeObject>(
  transport: Transport,
  type: ResourceType,
  path: string,
): Promise<T | undefined> {
  try {
    return strip(type, (await transport.request({ method: 'GET', path })) as T);
  } catch (error) {
    if (error instanceof WireError && error.code === 'NotFound') return undefined;
    throw error;
  }
}

async function remove(transport: Transport, path: string, uid: string | undefined): Promise<void> {
  const preconditions = uid === undefined ? {} : { preconditions: { uid } };
  const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background', ...preconditions };
  try {
    await transport.request({ method: 'DELETE', path, body });
  } catch (error) {
    // Gone, or of that name there is another object by now.
    if (error instanceof WireError && (error.code === 'NotFound' || (error.code === 'Conflict' && uid !== undefined)))
      return;
    throw error;
  }
}
