import type { KubeObject } from '#crds/schema/kinds.ts';
import type { Cluster } from '#crds/wire/cluster.ts';
import type { TxtLookup } from '#operator/domains/txt.ts';
import type { CertificateIssuer } from '#operator/keys/certificate-issuer.ts';
import type { DomainClaims } from '#operator/rules/domain.ts';
import type { Issuers } from '#operator/rules/issuer.ts';
import type { Clock } from '#operator/runtime/clock.ts';
import type { ControllerMetrics } from '#operator/runtime/controller.ts';
import type { Log } from '#operator/runtime/log.ts';

/** What the controllers are given. Nothing here is read from the environment. */

export interface ReconcileSettings {
  /** Namespace of the IdP and of every child. */
  idpNamespace: string;
  /** Service whose EndpointSlices say which replicas are ready. */
  idpService: string;
  /** Part of the issuer where it is not 443. */
  publicPort: number;
  domainClaims: DomainClaims;
  /** Issuers of cert-manager that tenants may name. Default: none. */
  issuers?: Issuers;
  /** true: without a cluster there is no ingress controller; the IdP ends TLS for `exposure.ingress` too. */
  endsTlsItself?: boolean;
  /** true: Secrets of every namespace are watched, so that brought ones take effect at once. Default false: GET only. */
  watchSecrets?: boolean;
  /** The same for ConfigMaps: metadata of applications, and what is written for them. */
  watchConfigMaps?: boolean;
  /** Seconds after which a Secret or ConfigMap outside the IdP's namespace is read again. Default 240. */
  secretRecheckSeconds?: number;
  /** Seconds after which one that is not there is looked for again. Default 10. */
  missingSecretSeconds?: number;
}

/** A transition worth an Event on the resource. */
interface Transition {
  type: 'Normal' | 'Warning';
  reason: string;
  /** What was done or found, in UpperCamelCase. */
  action: string;
  message: string;
}

/** Keeps Events; must not throw. */
interface EventRecorder {
  record(about: KubeObject, transition: Transition): void;
}

export interface Parts {
  cluster: Cluster;
  settings: ReconcileSettings;
  clock: Clock;
  log: Log;
  /** In [0, 1); default Math.random. Spreads retries, never makes secrets. */
  random?: () => number;
  metrics?: ControllerMetrics;
  events?: EventRecorder;
  /** Absent: a tenant outside the domain claims cannot prove its domain. */
  txt?: TxtLookup;
  certificateIssuer?: CertificateIssuer;
}

export interface Controllers {
  /** Every cache has its first list and the queues run. */
  synced: Promise<void>;
  /** Resolves when no controller has anything to do right now (what waits for a later time does not count). */
  idle(): Promise<void>;
  /** Milliseconds since the epoch of the oldest run under way: a loop that hangs shows here. */
  oldestRun(): number | undefined;
}
