import { ANNOTATIONS } from '#crds/schema/group.ts';
import type { OidcClient, Secret } from '#crds/schema/kinds.ts';
import { besideMetadata } from './child.ts';
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
  const { spec } = client;
  const wished = spec.secret?.labels ?? {};
  const metadata = besideMetadata(applicationSecretName(client), client);
  const names = Object.keys(wished).sort().join(',');
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      ...metadata,
      labels: { ...wished, ...metadata.labels },
      annotations: { ...metadata.annotations, ...(names === '' ? {} : { [ANNOTATIONS.labels]: names }) },
    },
    type: 'Opaque',
    data: encode({
      ...furtherKeys(spec.secret?.keys, facts),
      ...canonicalKeys(facts),
      ...(spec.type === 'Machine' ? NOT_OF_MACHINES : {}),
    }),
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

/** Addresses about people, where a Machine would be refused. */
const NOT_OF_MACHINES = { authorization_url: undefined, userinfo_url: undefined, end_session_url: undefined };

type WishedKeys = NonNullable<NonNullable<OidcClient['spec']['secret']>['keys']>;

function furtherKeys(keys: WishedKeys | undefined, facts: ApplicationFacts): Record<string, string | undefined> {
  const wishes = Object.entries(keys ?? {}) as [keyof WishedKeys, string[]][];
  return Object.fromEntries(wishes.flatMap(([fact, names]) => names.map(name => [name, facts[fact]])));
}

function encode(values: Record<string, string | undefined>): Record<string, string> {
  const present = Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(present.map(([key, value]) => [key, base64(value)]));
}
