import * as oidc from 'openid-client';
import { createPerson, type Page, type Person } from '../support/person.ts';
import type { Tally } from './tally.ts';
import { asFetch, createTransport, type Route } from './transport.ts';

/**
 * One person with a browser of their own, at one application: sign in with name and password, allow the application,
 * come back later without either. Every answer of the provider is checked by openid-client.
 */

export interface Application {
  issuer: string;
  clientId: string;
  clientSecret: string;
  redirectUri: string;
}

export interface Credentials {
  username: string;
  password: string;
}

/** What all visits share. */
export interface Scene {
  application: Application;
  provider: oidc.Configuration;
  route: Route;
  tally: Tally;
}

/** Came back, and the provider did not know them any more. */
export class SignedOut extends Error {
  readonly code = 'SignedOut';
}

export interface Visit {
  /** Sign-in page, consent, code, tokens, userinfo, refresh. */
  signIn(): Promise<void>;
  /** The same browser again, `prompt=none`: throws SignedOut where it is asked to sign in. */
  comeBack(): Promise<void>;
  /** The refresh token of the last sign-in is still good. */
  refresh(): Promise<void>;
  /** Of the last sign-in or return. */
  idToken(): string;
  /** How many of its answers may be second ones. */
  doubts(): number;
  /** Closes its connections. */
  end(): void;
}

/** What the application knows of the provider, fetched once. */
export function discover(application: Application, route: Route, tally: Tally): Promise<oidc.Configuration> {
  const { send } = createTransport(route, tally);
  const method = oidc.ClientSecretBasic(application.clientSecret);
  return oidc.discovery(new URL(application.issuer), application.clientId, undefined, method, {
    [oidc.customFetch]: asFetch(send) as oidc.CustomFetch,
  });
}

/** The keys of the provider, as it publishes them. */
export async function publishedKeys(provider: oidc.Configuration, route: Route, tally: Tally): Promise<unknown> {
  const { send } = createTransport(route, tally);
  const url = new URL(provider.serverMetadata().jwks_uri ?? '');
  return JSON.parse((await send(url, { method: 'GET', headers: { host: url.host } })).body);
}

interface Question {
  prompt: 'consent' | 'none';
  scope: string;
}

export function createVisit({ application, provider, route, tally }: Scene, credentials: Credentials): Visit {
  const { send, doubts, end } = createTransport(route, tally);
  const person = createPerson({ ca: route.ca, stopAt: [application.redirectUri], send });
  let refreshToken: string | undefined;
  let signedInAt: number | undefined;
  let idToken = '';

  async function ask(
    { prompt, scope }: Question,
    answer: (page: Page) => Promise<Page>,
  ): Promise<oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers> {
    const [verifier, state, nonce] = [oidc.randomPKCECodeVerifier(), oidc.randomState(), oidc.randomNonce()];
    const url = oidc.buildAuthorizationUrl(provider, {
      redirect_uri: application.redirectUri,
      prompt,
      scope,
      state,
      nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    const { url: callback } = await answer(await person.open(url));
    const tokens = await oidc.authorizationCodeGrant(provider, callback, {
      expectedState: state,
      expectedNonce: nonce,
      pkceCodeVerifier: verifier,
      idTokenExpected: true,
    });
    idToken = tokens.id_token ?? '';
    return tokens;
  }

  return {
    async signIn() {
      const tokens = await ask({ prompt: 'consent', scope: 'openid profile email offline_access' }, page =>
        fillIn(person, page, credentials),
      );
      const claims = tokens.claims();
      signedInAt = claims?.auth_time;
      const info = await oidc.fetchUserInfo(provider, tokens.access_token, claims?.sub ?? '');
      if (info.email === undefined) throw new Error('userinfo names no e-mail address');
      refreshToken = tokens.refresh_token;
      await this.refresh();
    },
    async comeBack() {
      const tokens = await ask({ prompt: 'none', scope: 'openid profile email' }, async page => {
        const error = page.url.searchParams.get('error');
        if (error !== null) throw new SignedOut(error);
        return page;
      });
      if (tokens.claims()?.auth_time !== signedInAt) throw new SignedOut('another session');
    },
    async refresh() {
      if (refreshToken === undefined) throw new Error('no refresh token');
      refreshToken = (await oidc.refreshTokenGrant(provider, refreshToken)).refresh_token ?? refreshToken;
      tally.refreshed();
    },
    idToken: () => idToken,
    doubts,
    end,
  };
}

/** Sign-in page (unless still signed in), then consent, then the redirect to the application. */
async function fillIn(person: Person, first: Page, credentials: Credentials): Promise<Page> {
  let page = first;
  if (page.body.includes('name="password"')) page = await person.submit(page, { ...credentials });
  if (page.body.includes('/consent"')) page = await person.submit(page, {}, '/consent"');
  if (page.headers.location === undefined)
    throw new Error(`stopped at ${page.status} ${page.url.pathname}: ${words(page)}`);
  return page;
}

/** The heading of a page. */
const words = (page: Page): string => /<h1[^>]*>([^<]*)/.exec(page.body)?.[1] ?? page.body.slice(0, 80);
