import type { Verdict } from '#crds/schema/conditions.ts';
import type { OidcClient } from '#crds/schema/kinds.ts';
import { type Contender, precedes } from './attachment.ts';
import { bad } from './verdict.ts';

/** Owns which client has a clientId in its tenant. */

export function clientIdOf(client: OidcClient): string {
  return client.spec.clientId ?? `${client.metadata.namespace}.${client.metadata.name}`;
}

export interface NamedClient extends Contender {
  /** The id is the default `<namespace>.<name>`. */
  isDefault: boolean;
}

/** The first label of an id that has the form of a default id; a namespace name has no dot (RFC 1123). */
export function namespaceInId(clientId: string): string | undefined {
  const dot = clientId.indexOf('.');
  return dot > 0 ? clientId.slice(0, dot) : undefined;
}

export interface ClientIdCase {
  client: OidcClient;
  self: NamedClient;
  /** Other attached clients of the tenant with the same id. */
  others: readonly NamedClient[];
  /** A namespace bears the first label of the id. */
  isNamespaceTaken: boolean;
}

/** undefined: the id is free. A default id beats every explicit one, so nobody can squat on another namespace's names. */
export function judgeClientId({ client, self, others, isNamespaceTaken }: ClientIdCase): Verdict | undefined {
  const clientId = clientIdOf(client);
  const isForeignDefault = isNamespaceTaken && namespaceInId(clientId) !== client.metadata.namespace;
  if (!self.isDefault && isForeignDefault) {
    return bad('ClientIdConflict', `clientId ${clientId} is kept for another namespace. Recreate with another id.`);
  }
  const isBeaten = others.some(other => (other.isDefault === self.isDefault ? precedes(other, self) : other.isDefault));
  if (!isBeaten) return undefined;
  return bad('ClientIdConflict', `clientId ${clientId} is taken in this tenant. Recreate with another id.`);
}
