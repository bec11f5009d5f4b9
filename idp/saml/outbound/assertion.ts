import type { SamlClientDocument } from '#crds/schema/live-config.ts';
import { BEARER, SAML } from '#crds/shared/pure/saml/names.ts';
import type { XmlElement } from '#crds/shared/pure/xml/tree.ts';
import { element } from '#crds/shared/pure/xml/write.ts';
import type { Person } from '#idp/sources/source.ts';
import { attributeStatement } from './attributes.ts';
import { instant } from './envelope.ts';
import { type NameId, nameIdElement } from './name-id.ts';

/** The statement about a person, for the Web Browser SSO profile (Profiles, section 4.1.4.2). Pure: facts in, tree out. */

export interface AssertionFacts {
  id: string;
  /** Epoch milliseconds. */
  issueInstant: number;
  /** Our entityID. */
  issuer: string;
  client: SamlClientDocument;
  person: Person;
  nameId: NameId;
  /** Where it may be presented. */
  recipient: string;
  inResponseTo: string;
  authn: {
    /** Epoch seconds. */
    at: number;
    sessionIndex: string;
    /** Epoch seconds. */
    sessionExpiresAt: number;
    contextClass: string;
  };
}

/** Milliseconds: a clock that is a little behind ours must not refuse a fresh assertion. */
const BACKDATED = 60_000;

/** In the order of the schema; the signature goes behind the Issuer. */
export function assertionElement(facts: AssertionFacts): XmlElement {
  const attributes = { ID: facts.id, Version: '2.0', IssueInstant: instant(facts.issueInstant) };
  return element(SAML, 'Assertion', attributes, [
    element(SAML, 'Issuer', {}, [facts.issuer]),
    subject(facts),
    conditions(facts),
    authnStatement(facts),
    attributeStatement(facts.client, facts.person),
  ]);
}

function expiry({ issueInstant, client }: AssertionFacts): string {
  return instant(issueInstant + client.conditions.notOnOrAfterSeconds * 1000);
}

/** A bearer confirmation has no NotBefore (Profiles, line 544 of section 4.1.4.2). */
function subject(facts: AssertionFacts): XmlElement {
  const confirmed = {
    InResponseTo: facts.inResponseTo,
    NotOnOrAfter: expiry(facts),
    Recipient: facts.recipient,
  };
  return element(SAML, 'Subject', {}, [
    nameIdElement(facts.nameId),
    element(SAML, 'SubjectConfirmation', { Method: BEARER }, [element(SAML, 'SubjectConfirmationData', confirmed)]),
  ]);
}

function conditions(facts: AssertionFacts): XmlElement {
  const { entityId, conditions } = facts.client;
  const period = { NotBefore: instant(facts.issueInstant - BACKDATED), NotOnOrAfter: expiry(facts) };
  return element(SAML, 'Conditions', period, [
    element(SAML, 'AudienceRestriction', {}, [element(SAML, 'Audience', {}, [entityId])]),
    conditions.oneTimeUse ? element(SAML, 'OneTimeUse') : undefined,
  ]);
}

function authnStatement({ authn }: AssertionFacts): XmlElement {
  const attributes = {
    AuthnInstant: instant(authn.at * 1000),
    SessionIndex: authn.sessionIndex,
    SessionNotOnOrAfter: instant(authn.sessionExpiresAt * 1000),
  };
  return element(SAML, 'AuthnStatement', attributes, [
    element(SAML, 'AuthnContext', {}, [element(SAML, 'AuthnContextClassRef', {}, [authn.contextClass])]),
  ]);
}
