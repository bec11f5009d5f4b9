import type { ConfigMap, SamlClient } from '#crds/schema/kinds.ts';
import { idpEntityId, SAML_ENDPOINTS } from '#crds/schema/saml-endpoints.ts';
import { besideMetadata } from './child.ts';

/** The ConfigMap for the application, beside its SamlClient: everything that it must be told of the tenant. No secret. */

export interface OutputFacts {
  /** Of the application. */
  entityId: string;
  issuer: string;
  /** The signed EntityDescriptor of the tenant. */
  metadata: string;
  /** PEM, the one that signs first. */
  certificates: readonly string[];
}

export function outputName(client: SamlClient): string {
  return client.spec.output?.name ?? `${client.metadata.name}-saml`;
}

export interface SamlAddresses {
  entityId: string;
  metadata: string;
  singleSignOn: string;
  singleLogout: string;
}

export function samlAddressesOf(issuer: string): SamlAddresses {
  return {
    entityId: idpEntityId(issuer),
    metadata: issuer + SAML_ENDPOINTS.metadata,
    singleSignOn: issuer + SAML_ENDPOINTS.singleSignOn,
    singleLogout: issuer + SAML_ENDPOINTS.singleLogout,
  };
}

export function renderOutput(client: SamlClient, facts: OutputFacts): ConfigMap {
  const idp = samlAddressesOf(facts.issuer);
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: besideMetadata(outputName(client), client),
    data: {
      entity_id: facts.entityId,
      idp_entity_id: idp.entityId,
      metadata_url: idp.metadata,
      sso_url: idp.singleSignOn,
      slo_url: idp.singleLogout,
      'metadata.xml': facts.metadata,
      'signing.crt': facts.certificates.join(''),
    },
  };
}
