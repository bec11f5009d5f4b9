import * as openid from 'openid-client';
import type { BrowserContext, CDPSession, Page } from 'playwright-core';
import { DEMO_SAML_CERTIFICATE } from '#operator/local/demo/saml-key.ts';
import type { DemoClient } from '#operator/local/demo/sign-in.ts';
import { loopbackFetch } from '#operator/local/loopback.ts';
import { ADA } from './quickstart.ts';

/** Chromium at the demo app: more applications for it, the password, and a look at redirects on their way. */

/** One of each kind, at the demo app. */
export function moreApplications(name: string, origin: string): string {
  return `apiVersion: sso-operator.dev/v1alpha1
kind: OidcClient
metadata: {name: ${name}, namespace: team-acme}
spec:
  tenantRef: {name: acme}
  type: Confidential
  redirectUris: [${origin}/callback]
  access: {everyone: true}
  skipConsent: true
---
apiVersion: sso-operator.dev/v1alpha1
kind: SamlClient
metadata: {name: saml-${name}, namespace: team-acme}
spec:
  tenantRef: {name: acme}
  entityId: ${origin}/saml/metadata/${name}
  assertionConsumerServices: [{url: ${origin}/saml/acs}]
  singleLogoutServices: [{url: ${origin}/saml/slo, binding: ${name === 'two' ? 'POST' : 'Redirect'}}]
  certificates: [{pem: ${JSON.stringify(DEMO_SAML_CERTIFICATE)}}]
  attributes: [{name: name, source: name}]
  access: {everyone: true}
`;
}

export const password = (page: Page) => page.getByLabel('Password', { exact: true });
export const hello = (page: Page) => page.getByRole('heading', { name: 'Hello, Ada Lovelace' });

export async function givePassword(page: Page): Promise<void> {
  const username = page.getByLabel('Username');
  if (await username.isEditable()) await username.fill(ADA.username);
  await password(page).fill(ADA.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Also of redirects, which Playwright's own routes do not see. */
export async function intercept(
  page: Page,
  pattern: string,
  then: (url: string) => Promise<InterceptedBy>,
): Promise<void> {
  const cdp: CDPSession = await page.context().newCDPSession(page);
  await cdp.send('Fetch.enable', { patterns: [{ urlPattern: pattern }] });
  cdp.on('Fetch.requestPaused', ({ requestId, request }) => {
    void then(request.url).then(async location => {
      if (location === undefined) return cdp.send('Fetch.failRequest', { requestId, errorReason: 'Aborted' });
      if (location === request.url) return cdp.send('Fetch.continueRequest', { requestId });
      const responseHeaders = [{ name: 'location', value: location }];
      return cdp.send('Fetch.fulfillRequest', { requestId, responseCode: 303, responseHeaders });
    });
  });
}

/** Where to go instead; undefined: nowhere. */
type InterceptedBy = string | undefined;

/** The address at which the browser was about to come back from sign-in. It has not been there. */
export async function stopBeforeContinue(page: Page, start: string): Promise<string> {
  const stopped = Promise.withResolvers<string>();
  await intercept(page, '*/saml/continue*', async url => {
    stopped.resolve(url);
    return undefined;
  });
  await page.goto(start).catch(() => undefined);
  return stopped.promise;
}

/** By openid-client, for the access token: what it still gives is the measure of the logout. */
export async function openOidc(
  browser: BrowserContext,
  { client, ca, origin }: { client: DemoClient; ca: string; origin: string },
): Promise<() => Promise<openid.UserInfoResponse>> {
  const { issuer, clientId, clientSecret = '' } = client;
  const custom = { [openid.customFetch]: loopbackFetch(ca) as openid.CustomFetch };
  const method = openid.ClientSecretBasic(clientSecret);
  const config = await openid.discovery(new URL(issuer), clientId, {}, method, custom);
  const pkceCodeVerifier = openid.randomPKCECodeVerifier();
  const expectedState = openid.randomState();
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: `${origin}/callback`,
    scope: 'openid profile email',
    state: expectedState,
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  });
  const page = await browser.newPage();
  const arrived = Promise.withResolvers<string>();
  await intercept(page, '*/callback?*', async address => {
    arrived.resolve(address);
    return undefined;
  });
  await page.goto(url.href).catch(() => undefined);
  const back = new URL(await arrived.promise);
  const tokens = await openid.authorizationCodeGrant(config, back, { pkceCodeVerifier, expectedState });
  return () => openid.fetchUserInfo(config, tokens.access_token, 'people:ada');
}
