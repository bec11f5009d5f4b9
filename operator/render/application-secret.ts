import { ANNOTATIONS, API_VERSION, LABELS, MANAGED_BY } from '#crds/schema/group.ts';
import type { OidcClient, Secret } from '#crds/schema/kinds.ts';
import { uidOf } from './child.ts';
import { endpointsOf } from './issuer.ts';
import { base64 } from './secret.ts';

/** The Secret for the application, beside its OidcClient. Everything an application needs, under the names it wants. */

export interface ApplicationFacts {
  clientId: string;
  /** undefined for a Public client. */
  clientSecret: string | undefined;
  issuer: string;
}

export function applicationSecretName(client: OidcClient): string {
  return client.spec.secret?.name ?? `${client.metadata.name}-oidc`;
}

export function renderApplicationSecret(client: OidcClient, facts: ApplicationFacts): Secret {
  const { metadata, spec } = client;
  const wished = spec.secret?.labels ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: applicationSecretName(client),
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      labels: {
        ...wished,
        [LABELS.managedBy]: MANAGED_BY,
        [LABELS.ownerUid]: uidOf(client),
        [LABELS.ownerKind]: client.kind,
      },
      annotations: {
        [ANNOTATIONS.owner]: `${metadata.namespace}/${metadata.name}`,
        ...(Object.keys(wished).length === 0 ? {} : { [ANNOTATIONS.labels]: Object.keys(wished).sort().join(',') }),
      },
      ownerReferences: [{ apiVersion: API_VERSION, kind: client.kind, name: metadata.name, uid: uidOf(client) }],
    },
    type: 'Opaque',
    data: encode({ ...furtherKeys(spec.secret?.keys, facts), ...canonicalKeys(facts) }),
  };
}

function canonicalKeys({ clientId, clientSecret, issuer }: ApplicationFacts): Record<string, string | undefined> {
  const endpoints = endpointsOf(issuer);
  return {
    client_id: clientId,
    client_secret: clientSecret,
    issuer,
    discovery_url: endpoints.discovery,
    authorization_url: endpoints.authorization,
    token_url: endpoints.token,
    userinfo_url: endpoints.userinfo,
    jwks_url: endpoints.jwks,
    end_session_url: endpoints.endSession,
  };
}

type WishedKeys = NonNullable<NonNullable<OidcClient['spec']['secret']>['keys']>;

function furtherKeys(keys: WishedKeys | undefined, facts: ApplicationFacts): Record<string, string | undefined> {
  const wishes = Object.entries(keys ?? {}) as [keyof WishedKeys, string[]][];
  return Object.fromEntries(wishes.flatMap(([fact, names]) => names.map(name => [name, facts[fact]])));
}

function encode(values: Record<string, string | undefined>): Record<string, string> {
  const present = Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(present.map(([key, value]) => [key, base64(value)]));
}
