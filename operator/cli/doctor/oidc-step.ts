import { z } from 'zod';
import { ENDPOINTS } from '#crds/schema/endpoints.ts';
import type { OutboundAnswer } from '#crds/shared/outbound/client.ts';
import { OutboundError } from '#crds/shared/outbound/outbound-error.ts';
import { judgeHsts, originOf } from './http-step.ts';
import { type Finding, failed, type Outcome, ok, type Patient, step, warning } from './step.ts';

/** What an application reads first: the discovery document and the keys (OpenID Connect Discovery 1.0, section 4). */

const document = z.looseObject({ issuer: z.string(), jwks_uri: z.string() });

export const discoveryStep = step({
  title: 'OpenID Connect',
  exit: 16,
  needs: ['address', 'isTrusted'],
  async run(patient, { address }): Promise<Outcome> {
    const sent = patient.now();
    const answer = await fetchOr(patient, address, originOf(patient) + ENDPOINTS.discovery);
    if ('level' in answer) return { findings: [answer] };
    const parsed = document.safeParse(readJson(answer.body));
    if (!parsed.success)
      return {
        findings: [
          failed(
            'The discovery document is not one.',
            'Something else answers at this host: check the route of the proxy.',
          ),
        ],
      };
    const { issuer, jwks_uri: jwksUri } = parsed.data;
    return {
      findings: [
        judgeIssuer(patient, issuer),
        judgeEndpoints(patient, parsed.data),
        judgeHsts(patient.host, answer.headers['strict-transport-security']),
      ],
      learned: { discovery: { answer, sent, received: patient.now(), issuer, jwksUri } },
    };
  },
});

/** A finding instead of an answer where there is none. */
export async function fetchOr(
  { outbound }: Patient,
  address: string,
  url: string,
): Promise<OutboundAnswer | (Finding & { status: number | undefined })> {
  try {
    return await outbound(address).fetch(url);
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    return { ...failed(`${url}: ${error.message}`, ...fixOf(error)), status: error.status };
  }
}

const STATUS_FIXES: Readonly<Record<number, string>> = {
  404: 'The proxy or the IdP does not serve this path for this host: kubectl get ssotenant -A shows the conditions.',
  421: 'The request reaches an IdP that does not serve this host: kubectl get ssotenant -A shows the conditions.',
  502: 'The proxy does not reach the IdP: check its pods and its Service.',
  503: 'The IdP is not ready: check its pods and their log.',
  504: 'The proxy does not reach the IdP in time: check its pods and network policies.',
};

function fixOf({ status }: OutboundError): string[] {
  const fix = status === undefined ? undefined : STATUS_FIXES[status];
  return fix === undefined ? [] : [fix];
}

function readJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

/** Equal to the last character, or every application refuses (section 4.3). */
function judgeIssuer(patient: Patient, issuer: string): Finding {
  const wanted = originOf(patient);
  if (issuer === wanted) return ok(`The issuer is ${issuer}.`);
  const fix = issuer.startsWith('http:')
    ? 'The IdP believes it is asked over plain HTTP: add the address of the proxy to SSO_TRUSTED_PROXIES.'
    : 'Compare spec.domain of the SsoTenant and SSO_PUBLIC_PORT with the address that people use.';
  return failed(`The issuer is ${issuer}, not ${wanted}.`, fix);
}

function judgeEndpoints(patient: Patient, found: Record<string, unknown>): Finding {
  const wanted = originOf(patient);
  const endpoints = Object.entries(found).filter(([name]) => name === 'jwks_uri' || name.endsWith('_endpoint'));
  const stray = endpoints.filter(([, url]) => typeof url !== 'string' || !url.startsWith(`${wanted}/`));
  if (stray.length === 0) return ok(`${endpoints.length} endpoints, all at this host.`);
  return failed(
    `Endpoints elsewhere: ${stray.map(([name, url]) => `${name} ${String(url)}`).join(', ')}.`,
    'The Host header does not arrive as it was sent: let the proxy keep it.',
  );
}

const keySet = z.object({
  keys: z.array(z.looseObject({ kty: z.string(), kid: z.string().optional(), alg: z.string().optional() })),
});
/** Members of a private or symmetric key (RFC 7518 section 6). */
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'priv'];

export const jwksStep = step({
  title: 'Keys',
  exit: 17,
  needs: ['address', 'discovery'],
  async run(patient, { address, discovery }): Promise<Outcome> {
    const { jwksUri } = discovery;
    if (!jwksUri.startsWith(`${originOf(patient)}/`))
      return { findings: [failed('The keys are at another host; they are not fetched.')] };
    const answer = await fetchOr(patient, address, jwksUri);
    if ('level' in answer) return { findings: [answer] };
    const parsed = keySet.safeParse(readJson(answer.body));
    return { findings: [parsed.success ? judgeKeys(parsed.data.keys) : failed(`${jwksUri} is no set of keys.`)] };
  },
});

function judgeKeys(keys: z.infer<typeof keySet>['keys']): Finding {
  if (keys.length === 0) return failed('There is no key: nobody can check a token.');
  if (keys.some(key => PRIVATE.some(member => member in key)))
    return failed('A private key is published!', 'Take it out at once, and give the tenant new keys.');
  if (keys.some(({ kid }) => kid === undefined))
    return warning('Not every key has a kid: applications guess which to use.');
  return ok(`${keys.length} key${keys.length === 1 ? '' : 's'}: ${keys.map(({ alg, kty }) => alg ?? kty).join(', ')}.`);
}
