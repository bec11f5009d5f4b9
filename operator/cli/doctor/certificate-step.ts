import { askCertificate, type CertificateFacts } from '#operator/domains/certificate-facts.ts';
import {
  type CertificateFault,
  type CertificateFinding,
  judgeShown,
  keyName,
} from '#operator/domains/certificate-policy.ts';
import { originOf } from './http-step.ts';
import { fetchOr } from './oidc-step.ts';
import { type Finding, failed, type Outcome, ok, type Patient, step, warning } from './step.ts';

/** The certificate that is shown for the host: key, names, times, chain. */

const HANDSHAKE_MS = 5_000;
/** Faults that no client overlooks. */
const FATAL = new Set<CertificateFault>(['NameMissing', 'Expired', 'NotYetValid', 'Untrusted']);

export const certificateStep = step({
  title: 'Certificate',
  exit: 13,
  needs: ['address'],
  async run(patient, { address }): Promise<Outcome> {
    const { host, port, trust, profile, now } = patient;
    const endpoint = { address, port };
    const shown = await askCertificate({ endpoint, name: host, trust, milliseconds: HANDSHAKE_MS });
    if (shown.kind === 'none') return { findings: [await noCertificate(patient, address, shown.code)] };
    const { facts } = shown;
    const faults = judgeShown(facts, { host, profile, now: now() });
    const isTrusted = !faults.some(({ fault }) => FATAL.has(fault));
    return {
      findings: [...(faults.length === 0 ? [sound(facts)] : []), ...faults.map(toFinding)],
      learned: { key: facts.key.kind === 'rsa' ? 'RSA' : 'ECDSA', ...(isTrusted ? { isTrusted } : {}) },
    };
  },
});

/** What a call to it fails with says more than a handshake that did not come to a certificate. */
async function noCertificate(patient: Patient, address: string, code: string): Promise<Finding> {
  const answer = await fetchOr(patient, address, originOf(patient));
  if ('level' in answer) return { ...answer, fix: [NOT_SERVED] };
  return failed(`No certificate is shown for this name (${code}).`, NOT_SERVED);
}

const NOT_SERVED =
  'If the name is right, it is not served yet: kubectl get ssotenant -A shows the conditions of each tenant.';

function sound({ key, names, notAfter, issuer, chainLength }: CertificateFacts): Finding {
  const until = new Date(notAfter).toISOString().slice(0, 10);
  const chain = `${chainLength} certificate${chainLength === 1 ? '' : 's'}`;
  return ok(`${keyName(key)} for ${names.join(', ')}, until ${until}, by ${issuer} (${chain} sent).`);
}

function toFinding({ fault, message, fix }: CertificateFinding): Finding {
  return (fault === 'ExpiresSoon' ? warning : failed)(message, fix);
}
