import type { Vocabulary } from '../xml/tree.ts';

/** The names of SAML 2.0 (saml-core-2.0-os, section 8; saml-bindings; saml-metadata). Nothing else. */

export const SAML: Vocabulary = { prefix: 'saml', namespace: 'urn:oasis:names:tc:SAML:2.0:assertion' };
export const SAMLP: Vocabulary = { prefix: 'samlp', namespace: 'urn:oasis:names:tc:SAML:2.0:protocol' };
export const MD: Vocabulary = { prefix: 'md', namespace: 'urn:oasis:names:tc:SAML:2.0:metadata' };

export const BINDING_URIS = {
  POST: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST',
  Redirect: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect',
} as const;

export type BindingName = keyof typeof BINDING_URIS;

export const NAME_ID_FORMATS = {
  unspecified: 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified',
  emailAddress: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
  persistent: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
  transient: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient',
} as const;

export type NameIdFormat = keyof typeof NAME_ID_FORMATS;

export const ENTITY_FORMAT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:entity';

export const ATTRIBUTE_FORMATS = {
  basic: 'urn:oasis:names:tc:SAML:2.0:attrname-format:basic',
  uri: 'urn:oasis:names:tc:SAML:2.0:attrname-format:uri',
  unspecified: 'urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified',
} as const;

/** Top-level and second-level status codes (Core, section 3.2.2.2), as far as we give or read them. */
export const STATUS = {
  Success: 'urn:oasis:names:tc:SAML:2.0:status:Success',
  Requester: 'urn:oasis:names:tc:SAML:2.0:status:Requester',
  Responder: 'urn:oasis:names:tc:SAML:2.0:status:Responder',
  AuthnFailed: 'urn:oasis:names:tc:SAML:2.0:status:AuthnFailed',
  InvalidNameIDPolicy: 'urn:oasis:names:tc:SAML:2.0:status:InvalidNameIDPolicy',
  NoAuthnContext: 'urn:oasis:names:tc:SAML:2.0:status:NoAuthnContext',
  NoPassive: 'urn:oasis:names:tc:SAML:2.0:status:NoPassive',
  PartialLogout: 'urn:oasis:names:tc:SAML:2.0:status:PartialLogout',
  RequestDenied: 'urn:oasis:names:tc:SAML:2.0:status:RequestDenied',
  RequestUnsupported: 'urn:oasis:names:tc:SAML:2.0:status:RequestUnsupported',
  UnknownPrincipal: 'urn:oasis:names:tc:SAML:2.0:status:UnknownPrincipal',
  UnsupportedBinding: 'urn:oasis:names:tc:SAML:2.0:status:UnsupportedBinding',
} as const;

export const BEARER = 'urn:oasis:names:tc:SAML:2.0:cm:bearer';
export const PROTOCOL = 'urn:oasis:names:tc:SAML:2.0:protocol';
