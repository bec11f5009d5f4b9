import { isWebAddress } from '#crds/schema/saml-client.ts';
import { type ParseOptions, parseXml } from '../xml/parse.ts';
import { DS } from '../xml/signature-names.ts';
import { attributeOf, childrenOf, descend, is, textOf, type XmlElement } from '../xml/tree.ts';
import { XmlError } from '../xml/xml-error.ts';
import { readCertificate } from './certificate.ts';
import { BINDING_URIS, type BindingName, MD, PROTOCOL } from './names.ts';

/**
 * What a service provider says of itself (saml-metadata-2.0-os, section 2.4.4). Owns the reading of one EntityDescriptor;
 * keeping the last good one is its caller's business. Its signature is not looked at: the document is believed because of
 * the namespace that it was put into.
 */

export interface SpMetadata {
  entityId: string;
  assertionConsumerServices: AssertionConsumerService[];
  singleLogoutServices: SingleLogoutService[];
  /** base64 of DER. */
  signingCertificates: string[];
  authnRequestsSigned: boolean;
}

interface AssertionConsumerService {
  url: string;
  index: number;
  isDefault: boolean;
}

interface SingleLogoutService {
  url: string;
  /** Where answers go, when that is another place. */
  responseUrl: string | null;
  binding: BindingName;
}

export class MetadataError extends Error {
  readonly code = 'MetadataInvalid';
}

const OPTIONS: ParseOptions = {
  limits: { bytes: 512 * 1024, depth: 30, elements: 5000, attributes: 64 },
  comments: 'drop',
};
const MOST = { services: 50, certificates: 8 };

/** Throws MetadataError with a sentence for the author of the document. */
export function readSpMetadata(bytes: Uint8Array): SpMetadata {
  const root = parse(bytes);
  if (!is(root, MD, 'EntityDescriptor'))
    throw new MetadataError('The root of the metadata must be one md:EntityDescriptor; give each application its own.');
  const entityId = attributeOf(root, 'entityID') ?? '';
  if (entityId === '' || entityId.length > 1024)
    throw new MetadataError('The metadata must have an entityID of 1 to 1024 characters.');
  const descriptor = onlyDescriptor(root);
  return {
    entityId,
    assertionConsumerServices: readConsumers(descriptor),
    singleLogoutServices: readLogoutServices(descriptor),
    signingCertificates: readCertificates(descriptor),
    authnRequestsSigned: ['true', '1'].includes(attributeOf(descriptor, 'AuthnRequestsSigned') ?? ''),
  };
}

function parse(bytes: Uint8Array): XmlElement {
  try {
    return parseXml(bytes, OPTIONS);
  } catch (cause) {
    if (cause instanceof XmlError) throw new MetadataError(`The metadata cannot be read: ${cause.message}.`, { cause });
    throw cause;
  }
}

function onlyDescriptor(root: XmlElement): XmlElement {
  const [first, ...rest] = childrenOf(root, MD, 'SPSSODescriptor').filter(descriptor =>
    (attributeOf(descriptor, 'protocolSupportEnumeration') ?? '').split(/\s+/).includes(PROTOCOL),
  );
  if (first === undefined || rest.length > 0)
    throw new MetadataError('The metadata must have exactly one md:SPSSODescriptor for SAML 2.0.');
  return first;
}

/** Only HTTP-POST can carry our answer; other bindings are left out. */
function readConsumers(descriptor: XmlElement): AssertionConsumerService[] {
  const all = childrenOf(descriptor, MD, 'AssertionConsumerService').filter(
    service => attributeOf(service, 'Binding') === BINDING_URIS.POST,
  );
  if (all.length === 0 || all.length > MOST.services)
    throw new MetadataError(`The metadata must have 1 to ${MOST.services} md:AssertionConsumerService with HTTP-POST.`);
  const services = all.map(service => ({
    url: addressOf(service, 'Location'),
    index: indexOf(service),
    isDefault: ['true', '1'].includes(attributeOf(service, 'isDefault') ?? ''),
  }));
  return withOneDefault(services);
}

/** The marked one, else the first (section 2.2.3). */
function withOneDefault(services: AssertionConsumerService[]): AssertionConsumerService[] {
  const marked = Math.max(
    0,
    services.findIndex(service => service.isDefault),
  );
  return services.map((service, position) => ({ ...service, isDefault: position === marked }));
}

function indexOf(service: XmlElement): number {
  const text = attributeOf(service, 'index') ?? '0';
  if (!/^[0-9]{1,5}$/.test(text))
    throw new MetadataError('The index of an md:AssertionConsumerService must be 0 to 65535.');
  return Number(text);
}

function readLogoutServices(descriptor: XmlElement): SingleLogoutService[] {
  const all = childrenOf(descriptor, MD, 'SingleLogoutService').flatMap(service => {
    const binding = bindingOf(attributeOf(service, 'Binding'));
    if (binding === undefined) return [];
    const elsewhere = attributeOf(service, 'ResponseLocation') !== undefined;
    return [
      {
        url: addressOf(service, 'Location'),
        responseUrl: elsewhere ? addressOf(service, 'ResponseLocation') : null,
        binding,
      },
    ];
  });
  return all.slice(0, MOST.services);
}

function bindingOf(uri: string | undefined): BindingName | undefined {
  const names = Object.keys(BINDING_URIS) as BindingName[];
  return names.find(name => BINDING_URIS[name] === uri);
}

function addressOf(service: XmlElement, attribute: string): string {
  const url = attributeOf(service, attribute) ?? '';
  if (!isWebAddress(url))
    throw new MetadataError(`The ${attribute} of an md:${service.local} must be an https address without a fragment.`);
  return url;
}

/** Those for signing and those for both (section 2.4.1.1). */
function readCertificates(descriptor: XmlElement): string[] {
  const texts = childrenOf(descriptor, MD, 'KeyDescriptor')
    .filter(key => attributeOf(key, 'use') !== 'encryption')
    .flatMap(key => childrenOf(key, DS, 'KeyInfo'))
    .flatMap(info => [...descend(info)].filter(element => is(element, DS, 'X509Certificate')))
    .map(element => textOf(element) ?? '');
  if (texts.length > MOST.certificates)
    throw new MetadataError(`The metadata must have at most ${MOST.certificates} certificates for signing.`);
  return texts.map(text => {
    const certificate = readCertificate(text);
    if (certificate === undefined) throw new MetadataError('A ds:X509Certificate of the metadata is no certificate.');
    return certificate.base64;
  });
}
