import { deflateRawSync } from 'node:zlib';
import { SAMLP } from '#crds/shared/pure/saml/names.ts';
import { canonicalize } from '#crds/shared/pure/xml/canonical.ts';
import { parseXml } from '#crds/shared/pure/xml/parse.ts';
import { type SigningKey, signEnveloped } from '#crds/shared/pure/xml/sign.ts';
import { ACS, ISSUER, SP, spKey } from './fixture.ts';

/** Messages of an application as text, to be bent out of shape. */

export const NS = `xmlns:samlp="${SAMLP.namespace}" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"`;

export interface RequestWish {
  id?: string;
  issuer?: string;
  consumer?: string;
  /** Behind the Issuer. */
  inner?: string;
  attributes?: string;
}

export function now(offset = 0): string {
  return new Date(Date.now() + offset).toISOString();
}

export function authnRequest({
  id = '_good',
  issuer = SP,
  consumer = ACS,
  inner = '',
  attributes = '',
}: RequestWish = {}): string {
  return `<samlp:AuthnRequest ${NS} ID="${id}" Version="2.0" IssueInstant="${now()}" Destination="${ISSUER}/saml/sso" AssertionConsumerServiceURL="${consumer}"${attributes}><saml:Issuer>${issuer}</saml:Issuer>${inner}</samlp:AuthnRequest>`;
}

export interface LogoutWish extends RequestWish {
  nameId?: string;
  sessionIndex?: string;
}

export function logoutRequest(wish: LogoutWish = {}): string {
  const {
    id = '_good',
    issuer = SP,
    inner = '',
    attributes = '',
    nameId = 'ada',
    sessionIndex = 'sid-uid-jira',
  } = wish;
  return `<samlp:LogoutRequest ${NS} ID="${id}" Version="2.0" IssueInstant="${now()}" Destination="${ISSUER}/saml/slo"${attributes}><saml:Issuer>${issuer}</saml:Issuer>${inner}<saml:NameID>${nameId}</saml:NameID><samlp:SessionIndex>${sessionIndex}</samlp:SessionIndex></samlp:LogoutRequest>`;
}

/** Signed as an honest application would, behind the Issuer. */
export function signed(xml: string, key: SigningKey = spKey()): string {
  const limits = { bytes: 100_000, depth: 50, elements: 1000, attributes: 50 };
  const tree = parseXml(Buffer.from(xml), { limits, comments: 'drop' });
  return canonicalize(signEnveloped(tree, key, { algorithm: 'rsa-sha256', behind: 1 }));
}

export function signatureOf(xml: string): string {
  const [signature] = /<ds:Signature .*<\/ds:Signature>/s.exec(xml) ?? [];
  if (signature === undefined) throw new Error('there is no signature');
  return signature;
}

/** What the Signature was taken out of: the very bytes that it covers. */
export function without(xml: string): string {
  return xml.replace(signatureOf(xml), '');
}

export function postForm(xml: string, parameter = 'SAMLRequest'): string {
  return new URLSearchParams({ [parameter]: Buffer.from(xml).toString('base64') }).toString();
}

export function deflated(xml: string | Buffer): string {
  return encodeURIComponent(deflateRawSync(Buffer.from(xml)).toString('base64'));
}
