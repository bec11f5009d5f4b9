import type { ConfigMap, KubeObject, Secret } from '#crds/schema/kinds.ts';

/**
 * What a configuration source tells: two streams of whole Kubernetes objects, kept apart because ConfigMaps and Secrets
 * may live in different etcds. The shape is that of a watch; the folder source speaks it too.
 */

export interface ObjectSink<T extends KubeObject> {
  /** The whole truth: what is not in it is gone. */
  replaced(objects: T[], resourceVersion: string): void;
  changed(object: T): void;
  deleted(object: T): void;
}

export interface ConfigurationSinks {
  readonly configMaps: ObjectSink<ConfigMap>;
  readonly secrets: ObjectSink<Secret>;
}

/** Starts to tell; stops when the signal aborts. */
export type ConfigurationSource = (sinks: ConfigurationSinks, signal: AbortSignal) => void;

/** resourceVersions are opaque by contract and decimal in fact (KEP-5504); anything else counts as the oldest. */
export function versionOf(resourceVersion: string | undefined): bigint {
  return resourceVersion !== undefined && /^\d+$/.test(resourceVersion) ? BigInt(resourceVersion) : 0n;
}
