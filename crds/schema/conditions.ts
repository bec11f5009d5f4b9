import { z } from 'zod';

/** Condition types and the closed list of their reasons. A reason that is not here cannot be written. */

export const TENANT_CONDITIONS = [
  'Accepted',
  'DomainVerified',
  'CertificateReady',
  'Exposed',
  'TlsPolicyEnforced',
  'SourcesReady',
  'ExamplesPassed',
  'Programmed',
] as const;

export const CLIENT_CONDITIONS = ['Accepted', 'CredentialsReady', 'Programmed'] as const;

export const SAML_CLIENT_CONDITIONS = ['Accepted', 'MetadataReady', 'Programmed'] as const;

/** `Ready` summarises; `Reconciling` and `Stalled` exist only while True (kstatus); `Advisory` never changes Ready. */
export const SUMMARY_CONDITIONS = ['Ready', 'Reconciling', 'Stalled', 'Advisory'] as const;

export const REASONS = [
  // good
  'Succeeded',
  'NotApplicable',
  // waiting
  'Progressing',
  'WaitingForReplicas',
  'NoReplicas',
  // Accepted
  'Invalid',
  'DomainConflict',
  'DomainNotAllowed',
  'TenantNotAvailable',
  'TenantNotAccepted',
  'ClientIdConflict',
  'QuotaExceeded',
  // Secrets and sources
  'SecretNotFound',
  'SecretNotReadable',
  'SecretInvalid',
  'ResourceConflict',
  'CertificateMissing',
  'CertificateInvalid',
  'CertificateKeyNotEcdsa',
  'IssuerNotAllowed',
  'CertManagerMissing',
  'IssuanceFailed',
  'UsersInvalid',
  // Exposed and TlsPolicyEnforced
  'IngressClassNotFound',
  'ControllerNotSupported',
  'NotProbed',
  // MetadataReady
  'ConfigMapNotFound',
  'MetadataInvalid',
  'CertificateKeyNotRsa',
  'EntityIdConflict',
  // Programmed
  'Rejected',
  'FormatTooNew',
  // Advisory
  'SecretShort',
  'SecretNameTaken',
  'CertificateExpiring',
  'RenewalFailed',
  'SpCertificateExpiring',
  // anything the operator did not foresee; retried with backoff
  'ReconcileFailed',
] as const;

export type TenantConditionType = (typeof TENANT_CONDITIONS)[number];
export type Reason = (typeof REASONS)[number];
type ConditionStatus = 'True' | 'False' | 'Unknown';

/** metav1.Condition, as stored. */
const condition = z.object({
  type: z.string().max(64),
  status: z.enum(['True', 'False', 'Unknown']),
  observedGeneration: z.int().optional(),
  lastTransitionTime: z.iso.datetime(),
  reason: z.string().min(1).max(64),
  message: z.string().max(2048),
});

export type Condition = z.infer<typeof condition>;

export const conditions = z
  .array(condition)
  .max(20)
  .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] });

/** What a step concludes about one condition type; `summarize` adds times and the generation. */
export interface Verdict {
  status: ConditionStatus;
  reason: Reason;
  /** One or two full sentences; says what to do when the status is not True. */
  message: string;
}
