import { API_VERSION } from '#crds/schema/group.ts';
import { KINDS, type Kind } from '#crds/schema/kinds.ts';
import type { ResourceType } from '#crds/wire/cluster.ts';

function typeOf(kind: Kind): ResourceType {
  return { apiVersion: API_VERSION, kind, plural: KINDS[kind].plural, namespaced: true };
}

export const OURS = {
  SsoTenant: typeOf('SsoTenant'),
  OidcClient: typeOf('OidcClient'),
  SamlClient: typeOf('SamlClient'),
} as const satisfies Record<Kind, ResourceType>;
