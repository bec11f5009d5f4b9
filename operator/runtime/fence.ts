import { type Cluster, WireError } from '#crds/wire/cluster.ts';

/** A cluster that writes only while `mayWrite` says so: a process that was frozen must not write on an old right. */
export function fence(cluster: Cluster, mayWrite: () => boolean): Cluster {
  const guard = async <T>(write: () => Promise<T>): Promise<T> => {
    if (!mayWrite()) throw new WireError('Forbidden', 'this process no longer leads');
    return write();
  };
  return {
    watch: (type, scope, sink, signal) => cluster.watch(type, scope, sink, signal),
    get: (type, name, namespace) => cluster.get(type, name, namespace),
    create: (type, object) => guard(() => cluster.create(type, object)),
    apply: (type, object) => guard(() => cluster.apply(type, object)),
    merge: (type, patch) => guard(() => cluster.merge(type, patch)),
    replace: (type, object) => guard(() => cluster.replace(type, object)),
    replaceStatus: (type, object) => guard(() => cluster.replaceStatus(type, object)),
    delete: (type, name, namespace, uid) => guard(() => cluster.delete(type, name, namespace, uid)),
  };
}
