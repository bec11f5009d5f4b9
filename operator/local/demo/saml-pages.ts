import { type Fact, factList, page } from './frame.ts';
import { html } from './html.ts';
import type { DemoSamlClient, SamlSignedIn } from './saml-sign-in.ts';

/** What an application that speaks SAML shows: the name and the attributes of the assertion. */

const query = (values: Record<string, string>): string => new URLSearchParams(values).toString();

export const samlSignInHref = ({ key }: Pick<DemoSamlClient, 'key'>): string =>
  `/saml/sign-in?${query({ client: key })}`;

export const samlPersonHref = ({ key }: Pick<DemoSamlClient, 'key'>): string =>
  `/saml/person?${query({ client: key })}`;

export const samlPersonOf = ({ attributes, nameId }: SamlSignedIn): string =>
  typeof attributes['name'] === 'string' ? attributes['name'] : nameId;

/** The last word of the format says what the name is good for (Core, section 8.3). */
const NAME_MEANING: Readonly<Record<string, string>> = {
  persistent: 'Who, for ever, at this application and no other. Use it with Issuer as the key.',
  transient: 'Who, for this session only: the next one has another',
  emailAddress: 'E-mail address. It may move to somebody else one day.',
  unspecified: 'Who, as the tenant calls them',
};

const ATTRIBUTE_MEANING: Readonly<Record<string, string>> = {
  name: 'Full name',
  givenName: 'Given name',
  familyName: 'Family name',
  username: 'User name',
  email: 'E-mail address',
  groups: 'Groups',
};

function subjectFacts(client: DemoSamlClient, { nameId, nameIdFormat, sessionIndex, issuer }: SamlSignedIn): Fact[] {
  const format = nameIdFormat.split(':').at(-1) ?? '';
  const facts = [
    { name: 'NameID', value: nameId, meaning: NAME_MEANING[format] },
    { name: 'Format', value: nameIdFormat, meaning: 'What kind of name that is' },
    { name: 'Issuer', value: issuer, meaning: 'Who says so: the tenant' },
    { name: 'Audience', value: client.entityId, meaning: 'For whom: this application' },
  ];
  if (sessionIndex === undefined) return facts;
  return [
    ...facts,
    { name: 'SessionIndex', value: sessionIndex, meaning: 'The session at the tenant; a logout names it' },
  ];
}

function attributeFacts({ attributes }: SamlSignedIn): Fact[] {
  return Object.entries(attributes).map(([name, value]) => ({
    name,
    value: [value].flat().join(', '),
    meaning: ATTRIBUTE_MEANING[name],
  }));
}

export function samlPersonPage(client: DemoSamlClient, session: SamlSignedIn): string {
  const attributes = attributeFacts(session);
  const again = `${samlSignInHref(client)}&again=true`;
  return page(
    client.application,
    html`<p class="eyebrow">${client.application} · ${client.tenant}</p>
<h1>Hello, ${samlPersonOf(session)}</h1>
<p class="lead">You are signed in over SAML. This is what ${client.application} was told. “Sign in again” asks for the password although you are signed in (<code>ForceAuthn</code>).</p>
<form class="actions" method="post" action="/saml/sign-out">
<input type="hidden" name="client" value="${client.key}">
<button class="button" type="submit">Sign out</button>
<a class="button second" href="${again}">Sign in again</a>
<a class="button second" href="/">All applications</a>
</form>
<section><h2>Subject</h2>${factList(subjectFacts(client, session))}</section>
<section><h2>Attributes</h2>${attributes.length > 0 ? factList(attributes) : html`<p class="quiet">None: the SamlClient names no attributes.</p>`}</section>
<details><summary>As XML</summary><pre>${session.xml}</pre></details>`,
  );
}
