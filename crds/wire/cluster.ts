import type { KubeObject } from '#crds/schema/kinds.ts';

/**
 * The cluster as both programs see it: six verbs and a watch. `connect()` in api-server.ts speaks to a real API server,
 * operator/local keeps the same promise over a folder. Nothing here knows a kind of ours.
 */

export interface ResourceType {
  apiVersion: string;
  kind: string;
  plural: string;
  /** false for cluster-wide resources. */
  namespaced: boolean;
}

export const CORE = {
  configMaps: { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true },
  secrets: { apiVersion: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true },
  namespaces: { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false },
  leases: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', plural: 'leases', namespaced: true },
  events: { apiVersion: 'events.k8s.io/v1', kind: 'Event', plural: 'events', namespaced: true },
  endpointSlices: {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    plural: 'endpointslices',
    namespaced: true,
  },
  ingresses: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', plural: 'ingresses', namespaced: true },
  ingressClasses: {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    plural: 'ingressclasses',
    namespaced: false,
  },
} as const satisfies Record<string, ResourceType>;

/** Of cert-manager, which a cluster may have or not. */
export const CERTIFICATES = {
  apiVersion: 'cert-manager.io/v1',
  kind: 'Certificate',
  plural: 'certificates',
  namespaced: true,
} as const satisfies ResourceType;

export interface WatchScope {
  /** Absent: all namespaces. */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
}

/**
 * What a watch tells. `replaced` carries the whole truth after a (re)list: what is not in it is gone. `resourceVersion`
 * is that of the list. Between two `replaced`, `changed` and `deleted` come one object at a time, in order.
 */
export interface WatchSink<T extends KubeObject> {
  replaced(objects: T[], resourceVersion: string): void;
  changed(object: T): void;
  deleted(object: T): void;
  /**
   * The API server does not serve the type, and so has no object of it. It is asked again; `replaced` says that it does
   * now. For types that come with a CRD of somebody else.
   */
  absent?(): void;
}

/** Names an object and what becomes of some of its fields. */
export interface MergePatch {
  metadata: {
    name: string;
    namespace?: string;
    resourceVersion?: string;
    labels?: Record<string, string | null>;
    annotations?: Record<string, string | null>;
  };
  data?: Record<string, string | null>;
}

export interface Cluster {
  /** Runs until `signal` aborts; survives 410, stalled and severed connections. Errors go to the log and are retried. */
  watch<T extends KubeObject>(type: ResourceType, scope: WatchScope, sink: WatchSink<T>, signal: AbortSignal): void;
  /** undefined when there is no such object. */
  get<T extends KubeObject>(type: ResourceType, name: string, namespace?: string): Promise<T | undefined>;
  /** Throws WireError AlreadyExists. */
  create<T extends KubeObject>(type: ResourceType, object: T): Promise<T>;
  /** Server-side apply with our field manager, forced. With `metadata.resourceVersion` set: Conflict when it moved. */
  apply<T extends KubeObject>(type: ResourceType, object: T): Promise<T>;
  /**
   * JSON merge patch (RFC 7386): null takes a field away, whoever put it there; with `metadata.resourceVersion` set:
   * Conflict when it moved. For leftovers, which server-side apply leaves to their other owner.
   */
  merge<T extends KubeObject>(type: ResourceType, patch: MergePatch): Promise<T>;
  /** Replaces the object; `metadata.resourceVersion` is required (Conflict when it moved). For Leases. */
  replace<T extends KubeObject>(type: ResourceType, object: T): Promise<T>;
  /** Replaces the status subresource, with the resourceVersion of `object` (Conflict when it moved). */
  replaceStatus<T extends KubeObject>(type: ResourceType, object: T): Promise<T>;
  /** Done also when it is gone already. With `uid`: only that very object. */
  delete(type: ResourceType, name: string, namespace: string | undefined, uid?: string): Promise<void>;
}

export type WireErrorCode =
  | 'AlreadyExists'
  | 'Conflict'
  | 'Forbidden'
  | 'Unauthorized'
  | 'Invalid'
  | 'NotFound'
  | 'Expired'
  | 'Throttled'
  | 'Unreachable'
  | 'ServerError';

export class WireError extends Error {
  readonly code: WireErrorCode;
  /** Seconds to wait, when the server named them. */
  readonly retryAfter: number | undefined;
  constructor(code: WireErrorCode, message: string, options: { cause?: unknown; retryAfter?: number } = {}) {
    super(message, { cause: options.cause });
    this.name = 'WireError';
    this.code = code;
    this.retryAfter = options.retryAfter;
  }
}
