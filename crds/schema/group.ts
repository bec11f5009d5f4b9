/** Names that both programs and every user of the API share. Nothing here is configurable. */

export const GROUP = 'sso-operator.dev';
export const VERSION = 'v1alpha1';
export const API_VERSION = `${GROUP}/${VERSION}`;
export const CATEGORY = 'sso';
export const FIELD_MANAGER = 'sso-operator';

/** Labels of objects that the operator writes. The IdP watches by `document`, the sweep deletes by `ownerUid`. */
export const LABELS = {
  managedBy: 'app.kubernetes.io/managed-by',
  /** On ConfigMaps and Secrets of live configuration: `tenant` or `client`. */
  document: `${GROUP}/document`,
  /** UID of the SsoTenant, OidcClient or SamlClient that the object was made for. */
  ownerUid: `${GROUP}/owner-uid`,
  /** Kind of the owner. */
  ownerKind: `${GROUP}/owner-kind`,
  /** UID of the tenant that a client's object belongs to. */
  tenantUid: `${GROUP}/tenant-uid`,
  /** On a Lease: kept by an IdP replica to acknowledge what it has loaded. */
  replica: `${GROUP}/replica`,
  /** Set by a namespace owner on a Secret: the operator may read it. */
  readable: `${GROUP}/readable`,
} as const;

export const MANAGED_BY = 'sso-operator';

export const ANNOTATIONS = {
  /** On everything the operator writes: `namespace/name` of the resource that it was made for. */
  owner: `${GROUP}/owner`,
  /** On a replica's Lease: the JSON of {@link file://./acknowledgement.ts}. */
  loaded: `${GROUP}/loaded`,
  /** On a client's children: name of the Secret written for the application, to find it when the client is gone. */
  applicationSecret: `${GROUP}/application-secret`,
  /** On the ConfigMap of a SamlClient: name of the ConfigMap written for the application. */
  output: `${GROUP}/output`,
  /** On the Secret written for an application: which labels the OidcClient wished for, so that they can be taken away. */
  labels: `${GROUP}/labels`,
  /** On a resource: `disabled` stops its reconciling; what is live stays live. */
  reconcile: `${GROUP}/reconcile`,
} as const;
