import { ANNOTATIONS, LABELS, MANAGED_BY } from '#crds/schema/group.ts';
import type { Kind, ObjectMeta, OidcClient, SsoTenant } from '#crds/schema/kinds.ts';

/** What every child in the IdP's namespace bears: our own labels and nothing that the resource bears. */

const DOCUMENT: Record<Kind, string> = { SsoTenant: 'tenant', OidcClient: 'client' };

export interface ChildOf {
  owner: SsoTenant | OidcClient;
  idpNamespace: string;
  tenantUid: string;
  /** On a client's children: name of the application's Secret, so that it is found again when the client is gone. */
  applicationSecret?: string;
}

export function uidOf(object: { metadata: ObjectMeta }): string {
  const { uid } = object.metadata;
  if (uid === undefined) throw new TypeError(`${object.metadata.name} has no UID`);
  return uid;
}

export function childMetadata(
  name: string,
  { owner, idpNamespace, tenantUid, applicationSecret }: ChildOf,
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
    },
  };
}
