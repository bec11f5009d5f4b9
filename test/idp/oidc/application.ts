import { request } from 'node:https';
import * as client from 'openid-client';
import { createPerson, type Page, type Person } from '#test/support/person.ts';
import { PASSWORD, SECRET } from './fixture.ts';
import type { Front } from './front.ts';

/** An application with openid-client, and a person who uses it. Both dial loopback, whatever the name. */

/** fetch over one connection to loopback that trusts the test's CA. */
export function fetchOf(front: Front): client.CustomFetch {
  return (address, options) => {
    const url = new URL(address);
    const headers = { ...options.headers, host: url.host };
    const body = options.body instanceof URLSearchParams ? options.body.toString() : undefined;
    return new Promise((resolve, reject) => {
      const target = { host: '127.0.0.1', port: front.port, servername: url.hostname, path: url.pathname + url.search };
      const outgoing = request({ ...target, method: options.method, ca: front.ca, headers, agent: false }, incoming => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const status = incoming.statusCode ?? 500;
          const answer = status === 304 || status === 204 ? null : Buffer.concat(chunks);
          resolve(new Response(answer, { status, headers: incoming.headers as Record<string, string> }));
        });
      });
      outgoing.on('error', reject).end(body);
    });
  };
}

export interface Application {
  config: client.Configuration;
  redirectUri: string;
  /** Begins a sign-in: the address to open, and what the callback is checked against. */
  begin(parameters?: Record<string, string>): Promise<{ url: URL; checks: client.AuthorizationCodeGrantChecks }>;
}

export interface ApplicationOptions {
  tenant?: string;
  name?: string;
  auth?: client.ClientAuth;
  alg?: string;
}

export async function openApplication(front: Front, options: ApplicationOptions = {}): Promise<Application> {
  const { tenant = 'acme', name = 'grafana', auth = client.ClientSecretBasic(SECRET), alg = 'ES256' } = options;
  const config = await client.discovery(
    new URL(front.issuer(tenant)),
    `apps.${name}`,
    { id_token_signed_response_alg: alg },
    auth,
    { [client.customFetch]: fetchOf(front) },
  );
  config[client.customFetch] = fetchOf(front);
  // Without this the library trusts TLS for the ID token; here the signature is the point.
  client.enableNonRepudiationChecks(config);
  const redirectUri = `https://${name}.example/cb`;
  return {
    config,
    redirectUri,
    async begin(parameters = {}) {
      const pkceCodeVerifier = client.randomPKCECodeVerifier();
      const expectedState = client.randomState();
      const expectedNonce = client.randomNonce();
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: 'openid profile email groups',
        code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: 'S256',
        state: expectedState,
        nonce: expectedNonce,
        ...parameters,
      });
      return { url, checks: { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true } };
    },
  };
}

export function openPerson(front: Front): Person {
  return createPerson({ ca: front.ca, stopAt: applications });
}

/** Every host under .example belongs to an application. */
const applications = ['grafana', 'argo', 'spa', ...Array.from({ length: 8 }, (_, n) => `app${n}`)].map(
  name => `https://${name}.example/`,
);

/** Opens the address and answers what is asked, until the application is reached. */
export async function signIn(person: Person, url: URL, username = 'alice', password = PASSWORD): Promise<Page> {
  let page = await person.open(url);
  for (let steps = 0; page.status === 200 && page.body.includes('name="prompt"') && steps < 4; steps++)
    page = await person.submit(page, page.body.includes('value="login"') ? { username, password } : {});
  return page;
}

export async function redeem(
  application: Application,
  page: Page,
  checks: client.AuthorizationCodeGrantChecks,
): Promise<client.TokenEndpointResponse & client.TokenEndpointResponseHelpers> {
  return client.authorizationCodeGrant(application.config, page.url, checks);
}

/** The token endpoint as anybody can call it, without a library that helps. */
export function askToken(
  front: Front,
  body: Record<string, string>,
  options: { tenant?: string; basic?: string } = {},
) {
  const { tenant = 'acme', basic = `apps.grafana:${SECRET}` } = options;
  const authorization = `Basic ${Buffer.from(basic).toString('base64')}`;
  return fetchOf(front)(`${front.issuer(tenant)}/token`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...(basic === '' ? {} : { authorization }),
    },
    body: new URLSearchParams(body),
    redirect: 'manual',
  });
}
