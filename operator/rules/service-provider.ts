import type { Verdict } from '#crds/schema/conditions.ts';
import type { SamlClientDocument } from '#crds/schema/live-config.ts';
import type { SamlClientSpec } from '#crds/schema/saml-client.ts';
import { readCertificate, type SamlCertificate } from '#crds/shared/pure/saml/certificate.ts';
import { MetadataError, readSpMetadata, type SpMetadata } from '#crds/shared/pure/saml/sp-metadata.ts';
import { type ConfigMaps, readText } from './brought-text.ts';
import { bad, good } from './verdict.ts';

/**
 * Owns what is known of an application that speaks SAML: by its metadata document or by fields, never by both. What was
 * good last stays in use while a document or a certificate is away or broken.
 */

export type SpFacts = Pick<
  SamlClientDocument,
  'entityId' | 'assertionConsumerServices' | 'singleLogoutServices' | 'signingCertificates' | 'requireSignedRequests'
>;

export interface SpCase {
  spec: SamlClientSpec;
  /** Every ConfigMap that the spec names. */
  configMaps: ConfigMaps;
  /** What is served now. */
  last: SpFacts | undefined;
}

export interface SpReading {
  verdict: Verdict;
  /** undefined: nothing good was ever seen. */
  facts: SpFacts | undefined;
}

export function readServiceProvider(it: SpCase): SpReading {
  return it.spec.metadata === undefined ? readFields(it) : readMetadata(it);
}

/** Names of the ConfigMaps that {@link readServiceProvider} needs. */
export function namedConfigMaps({ metadata, certificates = [] }: SamlClientSpec): string[] {
  const refs = [metadata?.configMapRef, ...certificates.map(({ configMapRef }) => configMapRef)];
  return [...new Set(refs.flatMap(ref => (ref === undefined ? [] : [ref.name])))];
}

function readMetadata({ spec, configMaps, last }: SpCase): SpReading {
  const ref = spec.metadata?.configMapRef ?? { name: '' };
  const brought = readText(configMaps, ref, 'metadata.xml');
  const read = 'problem' in brought ? brought : parseMetadata(brought.text);
  if ('problem' in read) return keep(read.problem, spec, last);
  const certificates = read.metadata.signingCertificates.map(readCertificate).filter(it => it !== undefined);
  const usable = certificates.filter(it => it.usable).map(it => it.base64);
  const requireSignedRequests = spec.requireSignedRequests ?? read.metadata.authnRequestsSigned;
  if (usable.length === 0 && (requireSignedRequests || certificates.length > 0)) {
    return keep(noKey(certificates), spec, last);
  }
  const { entityId, assertionConsumerServices, singleLogoutServices } = read.metadata;
  return {
    verdict: good(`The metadata of ${entityId} is in use.`),
    facts: {
      entityId,
      assertionConsumerServices,
      singleLogoutServices,
      signingCertificates: usable,
      requireSignedRequests,
    },
  };
}

function parseMetadata(text: string): { metadata: SpMetadata } | { problem: Verdict } {
  try {
    return { metadata: readSpMetadata(Buffer.from(text, 'utf8')) };
  } catch (failure) {
    if (!(failure instanceof MetadataError)) throw failure;
    return { problem: bad('MetadataInvalid', failure.message) };
  }
}

function noKey(certificates: readonly SamlCertificate[]): Verdict {
  return certificates.length === 0
    ? bad('MetadataInvalid', 'Requests are to be signed, but the metadata has no certificate to check them with.')
    : bad('CertificateKeyNotRsa', 'No signing certificate of the metadata has an RSA key of 2048 bits or more.');
}

function withKept(problem: Verdict, last: SpFacts | undefined): Verdict {
  return last === undefined ? problem : { ...problem, message: `${problem.message} ${KEPT}` };
}

/** Whether requests must be signed is for the spec to say, whatever became of the document. */
function keep(problem: Verdict, { requireSignedRequests }: SamlClientSpec, last: SpFacts | undefined): SpReading {
  const facts = last && { ...last, requireSignedRequests: requireSignedRequests ?? last.requireSignedRequests };
  return { verdict: withKept(problem, last), facts };
}

const KEPT = 'What was good last stays in use.';

function readFields(it: SpCase): SpReading {
  const { spec, last } = it;
  const { entityId = '' } = spec;
  const consumers = consumersOf(spec);
  const twice = consumers.find(({ index }, at) => consumers.findIndex(other => other.index === index) < at);
  if (twice !== undefined) {
    const message = `Two of spec.assertionConsumerServices have the index ${twice.index}. Number them apart.`;
    return keep(bad('MetadataInvalid', message), spec, last);
  }
  const { problem, signingCertificates } = certificatesOf(it);
  // Everything else that the spec says takes effect, so that nobody is kept in by a certificate that is away.
  const facts = signingCertificates && {
    entityId,
    assertionConsumerServices: consumers,
    singleLogoutServices: logoutServicesOf(spec),
    signingCertificates,
    requireSignedRequests: spec.requireSignedRequests ?? spec.certificates !== undefined,
  };
  const verdict = problem === undefined ? good('The application is known by its fields.') : withKept(problem, facts);
  return { verdict, facts };
}

/** What was good last is kept for the same application only. */
function certificatesOf({ spec, configMaps, last }: SpCase): { problem?: Verdict; signingCertificates?: string[] } {
  const read = (spec.certificates ?? []).map(certificate => readNamed(certificate, configMaps));
  const problem = read.find(it => 'problem' in it)?.problem;
  if (problem === undefined) return { signingCertificates: read.flatMap(it => ('base64' in it ? [it.base64] : [])) };
  const isSame = last !== undefined && last.entityId === spec.entityId;
  return isSame ? { problem, signingCertificates: last.signingCertificates } : { problem };
}

/** The marked one is the default, else the first. */
function consumersOf({ assertionConsumerServices: all = [] }: SamlClientSpec): SpFacts['assertionConsumerServices'] {
  const marked = Math.max(
    0,
    all.findIndex(service => service.default === true),
  );
  return all.map(({ url, index }, at) => ({ url, index: index ?? at, isDefault: at === marked }));
}

function logoutServicesOf({ singleLogoutServices = [] }: SamlClientSpec): SpFacts['singleLogoutServices'] {
  return singleLogoutServices.map(({ url, responseUrl = null, binding }) => ({ url, responseUrl, binding }));
}

type NamedCertificate = NonNullable<SamlClientSpec['certificates']>[number];

function readNamed(
  { configMapRef, pem }: NamedCertificate,
  configMaps: ConfigMaps,
): { base64: string } | { problem: Verdict } {
  const brought = configMapRef === undefined ? { text: pem ?? '' } : readText(configMaps, configMapRef, 'tls.crt');
  if ('problem' in brought) return brought;
  const where = configMapRef === undefined ? 'spec.certificates' : `ConfigMap ${configMapRef.name}`;
  const certificate = readCertificate(brought.text);
  if (certificate === undefined)
    return { problem: bad('CertificateInvalid', `${where} holds no readable certificate.`) };
  if (certificate.usable) return { base64: certificate.base64 };
  return {
    problem: bad('CertificateKeyNotRsa', `The certificate of ${where} has no RSA key of 2048 bits or more.`),
  };
}

/** Milliseconds since the epoch at which the longest-lived certificate ends; undefined without certificates. */
export function certificatesEnd({ signingCertificates }: SpFacts): number | undefined {
  const ends = signingCertificates.flatMap(base64 => readCertificate(base64)?.notAfter ?? []);
  return ends.length === 0 ? undefined : Math.max(...ends);
}
