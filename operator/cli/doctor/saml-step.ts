import { idpEntityId, SAML_ENDPOINTS } from '#crds/schema/saml-endpoints.ts';
import { readCertificate } from '#crds/shared/pure/saml/certificate.ts';
import { MD } from '#crds/shared/pure/saml/names.ts';
import { parseXml } from '#crds/shared/pure/xml/parse.ts';
import { DS } from '#crds/shared/pure/xml/signature-names.ts';
import { attributeOf, childOf, childrenOf, descend, is, textOf, type XmlElement } from '#crds/shared/pure/xml/tree.ts';
import { verifyEnveloped } from '#crds/shared/pure/xml/verify.ts';
import { XmlError } from '#crds/shared/pure/xml/xml-error.ts';
import { originOf } from './http-step.ts';
import { fetchOr } from './oidc-step.ts';
import { type Finding, failed, type Outcome, ok, type Patient, skipped, step, warning } from './step.ts';

/** The metadata that SAML applications are given: its name, its places, its keys and its own signature. */
export const samlStep = step({
  title: 'SAML',
  exit: 19,
  needs: ['address', 'isTrusted'],
  async run(patient, { address }): Promise<Outcome> {
    const answer = await fetchOr(patient, address, originOf(patient) + SAML_ENDPOINTS.metadata);
    if ('level' in answer) return { findings: [answer.status === 404 ? skipped('This host serves no SAML.') : answer] };
    try {
      const root = parseXml(answer.body, { limits: LIMITS, comments: 'drop' });
      return { findings: judgeMetadata(patient, root) };
    } catch (error) {
      if (!(error instanceof XmlError)) throw error;
      return { findings: [failed(`The metadata is not sound: ${error.message}.`)] };
    }
  },
});

const LIMITS = { bytes: 512 * 1024, depth: 30, elements: 5000, attributes: 64 };
const WARN_BEFORE = 30 * 86_400_000;

function judgeMetadata(patient: Patient, root: XmlElement): Finding[] {
  const wanted = idpEntityId(originOf(patient));
  const entityId = attributeOf(root, 'entityID');
  const descriptor = childOf(root, MD, 'IDPSSODescriptor');
  if (!is(root, MD, 'EntityDescriptor') || descriptor === undefined)
    return [
      failed(
        'The metadata describes no identity provider.',
        'Something else answers at this path: check the route of the proxy.',
      ),
    ];
  return [
    entityId === wanted
      ? ok(`The entityID is ${wanted}.`)
      : failed(
          `The entityID is ${entityId}, not ${wanted}.`,
          'Compare spec.domain and SSO_PUBLIC_PORT with the address that people use.',
        ),
    judgePlaces(patient, descriptor),
    judgeCertificates(root, descriptor, patient.now()),
  ];
}

function judgePlaces(patient: Patient, descriptor: XmlElement): Finding {
  const services = ['SingleSignOnService', 'SingleLogoutService'].flatMap(name => childrenOf(descriptor, MD, name));
  const stray = services
    .map(service => attributeOf(service, 'Location') ?? '')
    .filter(url => !url.startsWith(`${originOf(patient)}/`));
  if (stray.length > 0) return failed(`Places elsewhere: ${stray.join(', ')}.`, 'Let the proxy keep the Host header.');
  return ok(`${services.length} places for sign-in and logout, all at this host.`);
}

function judgeCertificates(root: XmlElement, descriptor: XmlElement, now: number): Finding {
  const certificates = [...descend(descriptor)]
    .filter(element => is(element, DS, 'X509Certificate'))
    .map(element => readCertificate(textOf(element) ?? ''))
    .filter(certificate => certificate !== undefined);
  if (!certificates.some(({ usable }) => usable)) return failed('There is no usable signing certificate in it.');
  verifyEnveloped(
    root,
    certificates.map(({ publicKey }) => publicKey),
  );
  const first = Math.min(...certificates.map(({ notAfter }) => notAfter));
  const until = new Date(first).toISOString().slice(0, 10);
  if (first - now < WARN_BEFORE)
    return warning(
      `A signing certificate ends on ${until}.`,
      'Some applications refuse it from then on: rotate the keys of the tenant.',
    );
  return ok(
    `Signed by its own key; ${certificates.length === 1 ? 'its certificate lasts' : 'its certificates last'} until ${until}.`,
  );
}
