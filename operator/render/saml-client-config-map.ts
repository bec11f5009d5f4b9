import { seconds } from '#crds/schema/fragments.ts';
import type { ConfigMap, SamlClient } from '#crds/schema/kinds.ts';
import { DOCUMENT_KEY, FORMAT, type SamlClientDocument, samlClientDocument } from '#crds/schema/live-config.ts';
import { type ChildOf, childMetadata, uidOf } from './child.ts';
import { clientChild } from './names.ts';

/** The live configuration of a SAML client. Defaults of the API live here, since there are none in the schema. */

export interface SamlClientFacts
  extends Pick<
    SamlClientDocument,
    | 'tenantUid'
    | 'entityId'
    | 'assertionConsumerServices'
    | 'singleLogoutServices'
    | 'signingCertificates'
    | 'requireSignedRequests'
  > {}

type NameId = SamlClientDocument['nameId'];

const NAME_ID_SOURCES: Record<NameId['format'], NameId['source']> = {
  unspecified: 'username',
  emailAddress: 'email',
  persistent: 'sub',
  transient: 'sub',
};

const NOT_ON_OR_AFTER = '5m';

export function renderSamlClientDocument(client: SamlClient, facts: SamlClientFacts): SamlClientDocument {
  const { spec, metadata } = client;
  return {
    format: FORMAT,
    document: 'client',
    protocol: 'saml',
    uid: uidOf(client),
    tenantUid: facts.tenantUid,
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    generation: metadata.generation ?? 0,
    enabled: true,
    entityId: facts.entityId,
    displayName: spec.displayName ?? metadata.name,
    assertionConsumerServices: facts.assertionConsumerServices,
    singleLogoutServices: facts.singleLogoutServices,
    signingCertificates: facts.signingCertificates,
    requireSignedRequests: facts.requireSignedRequests,
    nameId: renderNameId(spec.nameId),
    attributes: (spec.attributes ?? []).map(renderAttribute),
    sign: renderSigning(spec.sign),
    conditions: renderConditions(spec.conditions),
    accessGroups: spec.access.groups ?? null,
  };
}

function renderNameId(nameId: SamlClient['spec']['nameId']): NameId {
  const format = nameId?.format ?? 'persistent';
  return { format, source: nameId?.source ?? NAME_ID_SOURCES[format] };
}

function renderAttribute(
  attribute: NonNullable<SamlClient['spec']['attributes']>[number],
): SamlClientDocument['attributes'][number] {
  const { name, nameFormat, friendlyName, source } = attribute;
  // A name that is a URI says so (Core, section 8.2.2).
  const guessed = /^(urn:|https?:\/\/)/.test(name) ? 'uri' : 'basic';
  return { name, nameFormat: nameFormat ?? guessed, friendlyName: friendlyName ?? null, source };
}

function renderSigning(sign: SamlClient['spec']['sign']): SamlClientDocument['sign'] {
  const { assertion = true, response = true, algorithm = 'rsa-sha256' } = sign ?? {};
  return { assertion, response, algorithm };
}

function renderConditions(conditions: SamlClient['spec']['conditions']): SamlClientDocument['conditions'] {
  const { notOnOrAfter = NOT_ON_OR_AFTER, oneTimeUse = false } = conditions ?? {};
  return { notOnOrAfterSeconds: seconds(notOnOrAfter), oneTimeUse };
}

export function renderSamlClientConfigMap(child: ChildOf, document: SamlClientDocument): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: childMetadata(clientChild.configMap(document.uid), child),
    data: { [DOCUMENT_KEY]: JSON.stringify(samlClientDocument.parse(document), null, 2) },
  };
}
