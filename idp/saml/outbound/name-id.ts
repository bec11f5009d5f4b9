import { createHmac } from 'node:crypto';
import type { SamlClientDocument } from '#crds/schema/live-config.ts';
import { NAME_ID_FORMATS, type NameIdFormat, SAML } from '#crds/shared/pure/saml/names.ts';
import type { XmlElement } from '#crds/shared/pure/xml/tree.ts';
import { element } from '#crds/shared/pure/xml/write.ts';
import type { Person } from '#idp/sources/source.ts';
import type { NameIdPolicy } from '../inbound/authn-request.ts';

/** What an application calls a person by (Core, section 8.3). One file for all formats, a line each. */

export interface NameId {
  value: string;
  format: NameIdFormat;
  /** Our entityID and theirs, for names that mean something only between the two. */
  nameQualifier: string | undefined;
  spNameQualifier: string | undefined;
}

export interface Naming {
  client: SamlClientDocument;
  person: Person;
  /** Our entityID. */
  issuer: string;
  salt: Uint8Array;
  newSecret: () => string;
}

/** Undefined: nothing is known of the person that such a name is made of. */
const VALUES = {
  unspecified: naming => sourceValue(naming),
  emailAddress: naming => sourceValue(naming),
  persistent: naming => pairwise(naming),
  transient: ({ newSecret }) => `_${newSecret()}`,
} satisfies Record<NameIdFormat, (naming: Naming) => string | undefined>;

const QUALIFIED = new Set<NameIdFormat>(['persistent', 'transient']);

export function nameIdOf(naming: Naming): NameId | undefined {
  const { format } = naming.client.nameId;
  const value = VALUES[format](naming);
  if (value === undefined || value === '') return undefined;
  const qualified = QUALIFIED.has(format);
  return {
    value,
    format,
    nameQualifier: qualified ? naming.issuer : undefined,
    spNameQualifier: qualified ? naming.client.entityId : undefined,
  };
}

function sourceValue({ client, person }: Naming): string | undefined {
  const facts = { sub: person.subject, username: person.username, email: person.email };
  return facts[client.nameId.source];
}

/**
 * Section 8.3.7: opaque, another one at every application, the same as long as the salt lives. The namespace takes part:
 * an application made again keeps its people, while the next owner of an entityID meets nobody it could recognize.
 */
function pairwise(naming: Naming): string | undefined {
  const source = sourceValue(naming);
  if (source === undefined) return undefined;
  const { namespace, entityId, nameId } = naming.client;
  const input = JSON.stringify([namespace, entityId, nameId.source, source]);
  return createHmac('sha256', naming.salt).update(input).digest('base64url');
}

/**
 * Section 3.4.1.1. The one format that the administrator chose, or "any". Another one is refused: two formats for one
 * application would let one person bear the name of another (a user name that is somebody's address).
 */
export function isGranted(policy: NameIdPolicy | null, client: SamlClientDocument): boolean {
  if (policy === null) return true;
  const { format, spNameQualifier } = policy;
  const anyFormat = format === null || format === NAME_ID_FORMATS.unspecified;
  const forItself = spNameQualifier === null || spNameQualifier === '' || spNameQualifier === client.entityId;
  return forItself && (anyFormat || format === NAME_ID_FORMATS[client.nameId.format]);
}

export function nameIdElement({ value, format, nameQualifier, spNameQualifier }: NameId): XmlElement {
  const attributes = {
    NameQualifier: nameQualifier,
    SPNameQualifier: spNameQualifier,
    Format: NAME_ID_FORMATS[format],
  };
  return element(SAML, 'NameID', attributes, [value]);
}
