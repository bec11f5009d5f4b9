import { ANNOTATIONS, API_VERSION, LABELS, MANAGED_BY } from '#crds/schema/group.ts';
import type { AnyResource, Kind, ObjectMeta } from '#crds/schema/kinds.ts';

/** What every child in the IdP's namespace bears: our own labels and nothing that the resource bears. */

const DOCUMENT: Record<Kind, string> = { SsoTenant: 'tenant', OidcClient: 'client', SamlClient: 'client' };

export interface ChildOf {
  owner: AnyResource;
  idpNamespace: string;
  tenantUid: string;
  /** On a client's children: name of the application's Secret, so that it is found again when the client is gone. */
  applicationSecret?: string;
  /** The same for the ConfigMap of an application that speaks SAML. */
  output?: string;
}

export function uidOf(object: { metadata: ObjectMeta }): string {
  const { uid } = object.metadata;
  if (uid === undefined) throw new TypeError(`${object.metadata.name} has no UID`);
  return uid;
}

/** What an object bears that lies beside its resource: it goes with it, also by garbage collection. */
export function besideMetadata(name: string, owner: AnyResource): ObjectMeta {
  const { namespace, name: ownerName } = owner.metadata;
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    labels: {
      [LABELS.managedBy]: MANAGED_BY,
      [LABELS.ownerUid]: uidOf(owner),
      [LABELS.ownerKind]: owner.kind,
    },
    annotations: { [ANNOTATIONS.owner]: `${namespace}/${ownerName}` },
    ownerReferences: [{ apiVersion: API_VERSION, kind: owner.kind, name: ownerName, uid: uidOf(owner) }],
  };
}

/** Of children that no replica of the IdP reads. */
export function outerMetadata(name: string, child: ChildOf): ObjectMeta {
  const { labels = {}, ...metadata } = childMetadata(name, child);
  const { [LABELS.document]: _document, ...others } = labels;
  return { ...metadata, labels: others };
}

export function childMetadata(
  name: string,
  { owner, idpNamespace, tenantUid, applicationSecret, output }: ChildOf,
): ObjectMeta {
  const { namespace, name: ownerName } = owner.metadata;
  return {
    name,
    namespace: idpNamespace,
    labels: {
      [LABELS.managedBy]: MANAGED_BY,
      [LABELS.document]: DOCUMENT[owner.kind],
      [LABELS.ownerKind]: owner.kind,
      [LABELS.ownerUid]: uidOf(owner),
      [LABELS.tenantUid]: tenantUid,
    },
    annotations: {
      [ANNOTATIONS.owner]: `${namespace}/${ownerName}`,
      ...(applicationSecret === undefined ? {} : { [ANNOTATIONS.applicationSecret]: applicationSecret }),
      ...(output === undefined ? {} : { [ANNOTATIONS.output]: output }),
    },
  };
}
