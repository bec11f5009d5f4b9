import { SAML, SAMLP } from '#crds/shared/pure/saml/names.ts';
import { attributeOf, childrenOf, type XmlElement } from '#crds/shared/pure/xml/tree.ts';
import type { Message } from './message.ts';
import { booleanOf, indexOf, onlyChild, plainText, unreadable } from './values.ts';

/** The wishes of an AuthnRequest (Core, section 3.4.1). What is granted is decided elsewhere. */

export interface NameIdPolicy {
  format: string | null;
  spNameQualifier: string | null;
}

export interface RequestedContext {
  comparison: 'exact' | 'minimum' | 'maximum' | 'better';
  classes: string[];
  /** true: declarations are asked for, which we have none of. */
  declarations: boolean;
}

export interface AuthnRequest {
  id: string;
  forceAuthn: boolean;
  isPassive: boolean;
  consumerUrl: string | undefined;
  consumerIndex: number | undefined;
  protocolBinding: string | undefined;
  nameIdPolicy: NameIdPolicy | null;
  requestedContext: RequestedContext | null;
  /** true: a certain person, or a certain kind of confirmation, is asked for. */
  namesSubject: boolean;
}

/** Throws SamlError. */
export function readAuthnRequest({ root, id }: Message): AuthnRequest {
  return {
    id,
    forceAuthn: booleanOf(root, 'ForceAuthn'),
    isPassive: booleanOf(root, 'IsPassive'),
    consumerUrl: attributeOf(root, 'AssertionConsumerServiceURL'),
    consumerIndex: indexOf(root, 'AssertionConsumerServiceIndex'),
    protocolBinding: attributeOf(root, 'ProtocolBinding'),
    nameIdPolicy: readPolicy(onlyChild(root, SAMLP, 'NameIDPolicy')),
    requestedContext: readContext(onlyChild(root, SAMLP, 'RequestedAuthnContext')),
    namesSubject: onlyChild(root, SAML, 'Subject') !== undefined,
  };
}

function readPolicy(policy: XmlElement | undefined): NameIdPolicy | null {
  if (policy === undefined) return null;
  // AllowCreate changes nothing: our names are computed, so none is ever established by a request.
  booleanOf(policy, 'AllowCreate');
  return {
    format: attributeOf(policy, 'Format') ?? null,
    spNameQualifier: attributeOf(policy, 'SPNameQualifier') ?? null,
  };
}

const COMPARISONS = ['exact', 'minimum', 'maximum', 'better'] as const;

function readContext(context: XmlElement | undefined): RequestedContext | null {
  if (context === undefined) return null;
  const wanted = attributeOf(context, 'Comparison') ?? 'exact';
  const comparison = COMPARISONS.find(name => name === wanted);
  if (comparison === undefined) throw unreadable('its Comparison is unknown');
  const classes = childrenOf(context, SAML, 'AuthnContextClassRef').map(element => plainText(element));
  const declarations = childrenOf(context, SAML, 'AuthnContextDeclRef').length > 0;
  if (classes.length === 0 && !declarations) throw unreadable('its RequestedAuthnContext asks for nothing');
  return { comparison, classes, declarations };
}
