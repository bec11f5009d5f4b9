import { get } from 'node:http';
import { isLoopbackName } from './dns-step.ts';
import { type Finding, failed, type Outcome, ok, type Patient, skipped, step, warning } from './step.ts';

/** Plain HTTP has to lead to HTTPS, at the same place. */
export const redirectStep = step({
  title: 'HTTP',
  exit: 15,
  needs: ['address'],
  async run(patient, { address }): Promise<Outcome> {
    if (patient.httpPort === undefined)
      return { findings: [skipped('No port of plain HTTP is known; name it with --http-port.')] };
    const answer = await getPlain(patient, address, patient.httpPort);
    return { findings: [answer === undefined ? skipped('Nothing is served there.') : judgeRedirect(patient, answer)] };
  },
});

interface PlainAnswer {
  status: number;
  location: string | undefined;
}

const PATH = '/sso-doctor?probe=1';
const ANSWER_MS = 5_000;

function getPlain({ host }: Patient, address: string, port: number): Promise<PlainAnswer | undefined> {
  const name = port === 80 ? host : `${host}:${port}`;
  return new Promise(resolve => {
    const outgoing = get({
      host: address,
      port,
      path: PATH,
      headers: { host: name },
      timeout: ANSWER_MS,
      agent: false,
    });
    outgoing.on('timeout', () => outgoing.destroy());
    outgoing.on('error', () => resolve(undefined));
    outgoing.on('response', ({ statusCode = 0, headers }) => {
      resolve({ status: statusCode, location: headers.location });
      outgoing.destroy();
    });
  });
}

export function originOf({ host, port }: Pick<Patient, 'host' | 'port'>): string {
  return port === 443 ? `https://${host}` : `https://${host}:${port}`;
}

function judgeRedirect(patient: Patient, { status, location = '' }: PlainAnswer): Finding {
  const wanted = originOf(patient) + PATH;
  if (status < 300 || status > 399)
    return failed(
      `Plain HTTP is answered with ${status} instead of a redirect.`,
      `Answer it with 308 and Location: ${originOf(patient)}/...`,
    );
  if (location !== wanted)
    return failed(
      `Plain HTTP is sent to ${location || 'nowhere'}.`,
      `Send it to the same path at ${originOf(patient)}.`,
    );
  return status === 301 || status === 308
    ? ok(`Plain HTTP is sent to ${originOf(patient)} (${status}).`)
    : warning(`Plain HTTP is sent to ${originOf(patient)} with ${status}.`, 'Use 308, which is permanent.');
}

const HALF_A_YEAR = 15_768_000;

/** HSTS (RFC 6797), as the answer over HTTPS has it. */
export function judgeHsts(host: string, header: string | string[] | undefined): Finding {
  if (isLoopbackName(host))
    return skipped('HSTS is not sent for localhost: a new development CA would lock people out.');
  const text = [header ?? []].flat();
  if (text.length > 1)
    return warning('HSTS is sent more than once.', 'Let either the proxy or the IdP send it: the IdP does.');
  const age = Number(/max-age="?(\d+)/i.exec(text[0] ?? '')?.[1] ?? 0);
  if (age >= HALF_A_YEAR) return ok(`HSTS for ${Math.round(age / 86_400)} days.`);
  return warning(
    age === 0 ? 'HSTS is not sent.' : `HSTS lasts ${age} seconds only.`,
    'The IdP sends it for a year: see what takes it away in between.',
  );
}
