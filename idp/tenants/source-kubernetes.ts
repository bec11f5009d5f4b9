import { LABELS } from '#crds/schema/group.ts';
import type { ConfigMap, Secret } from '#crds/schema/kinds.ts';
import { type Cluster, CORE } from '#crds/wire/cluster.ts';
import type { ConfigurationSource } from './live-object.ts';

/** The configuration of a cluster: two watches in the IdP's own namespace, never a mounted volume (those lag by minutes). */
export function kubernetesSource(cluster: Cluster, namespace: string): ConfigurationSource {
  const scope = { namespace, labelSelector: LABELS.document };
  return (sinks, signal) => {
    cluster.watch<ConfigMap>(CORE.configMaps, scope, sinks.configMaps, signal);
    cluster.watch<Secret>(CORE.secrets, scope, sinks.secrets, signal);
  };
}
