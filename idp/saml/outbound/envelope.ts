import { SAML, SAMLP, STATUS } from '#crds/shared/pure/saml/names.ts';
import type { XmlElement } from '#crds/shared/pure/xml/tree.ts';
import { element } from '#crds/shared/pure/xml/write.ts';

/** What every message of ours begins with. */

export interface Envelope {
  /** An NCName (Core, section 1.3.4), unpredictable. */
  id: string;
  /** Epoch milliseconds. */
  issueInstant: number;
  /** Our entityID. */
  issuer: string;
  destination: string;
  inResponseTo?: string;
  /** xs:dateTime. */
  notOnOrAfter?: string;
}

/** Issuer first: the signature goes behind it. */
export function protocolMessage(name: string, envelope: Envelope, children: (XmlElement | undefined)[]): XmlElement {
  const { id, issueInstant, issuer, destination, inResponseTo, notOnOrAfter } = envelope;
  const attributes = {
    ID: id,
    Version: '2.0',
    IssueInstant: instant(issueInstant),
    Destination: destination,
    InResponseTo: inResponseTo,
    NotOnOrAfter: notOnOrAfter,
  };
  return element(SAMLP, name, attributes, [element(SAML, 'Issuer', {}, [issuer]), ...children]);
}

/** xs:dateTime in UTC, to the second: some readers know no more. */
export function instant(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

export interface StatusView {
  code: keyof typeof STATUS;
  /** Below the first (Core, section 3.2.2.2). */
  detail?: keyof typeof STATUS;
  /** For the people who look after the application; English, nothing of a person. */
  message?: string;
}

export function statusElement({ code, detail, message }: StatusView): XmlElement {
  const inner = detail && element(SAMLP, 'StatusCode', { Value: STATUS[detail] });
  return element(SAMLP, 'Status', {}, [
    element(SAMLP, 'StatusCode', { Value: STATUS[code] }, [inner]),
    message === undefined ? undefined : element(SAMLP, 'StatusMessage', {}, [message]),
  ]);
}
