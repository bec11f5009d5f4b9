import type { SamlClientDocument } from '#crds/schema/live-config.ts';
import { ATTRIBUTE_FORMATS, SAML } from '#crds/shared/pure/saml/names.ts';
import type { XmlElement } from '#crds/shared/pure/xml/tree.ts';
import { element } from '#crds/shared/pure/xml/write.ts';
import type { Person } from '#idp/sources/source.ts';

/** What an application is told of a person (Core, section 2.7.3). What is not known is left out. */

type Source = SamlClientDocument['attributes'][number]['source'];

const FACTS = {
  sub: person => [person.subject],
  username: person => [person.username],
  email: person => [person.email],
  name: person => [person.name],
  givenName: person => [person.givenName],
  familyName: person => [person.familyName],
  groups: person => person.groups,
} satisfies Record<Source, (person: Person) => readonly (string | undefined)[]>;

/** undefined where there is nothing to tell: the schema wants no empty statement. */
export function attributeStatement(client: SamlClientDocument, person: Person): XmlElement | undefined {
  const attributes = client.attributes.flatMap(({ name, nameFormat, friendlyName, source }) => {
    const values = FACTS[source](person).filter(value => value !== undefined && value !== '');
    if (values.length === 0) return [];
    const about = { Name: name, NameFormat: ATTRIBUTE_FORMATS[nameFormat], FriendlyName: friendlyName ?? undefined };
    return [
      element(
        SAML,
        'Attribute',
        about,
        values.map(value => element(SAML, 'AttributeValue', {}, [value])),
      ),
    ];
  });
  return attributes.length === 0 ? undefined : element(SAML, 'AttributeStatement', {}, attributes);
}
