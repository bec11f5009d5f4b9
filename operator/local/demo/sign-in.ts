import * as oidc from 'openid-client';
import { loopbackFetch } from '../loopback.ts';

/** What a relying party does: authorization code with PKCE, by a library that is not ours. */

export interface DemoClient {
  /** `namespace/name` of the OidcClient. */
  key: string;
  application: string;
  tenant: string;
  issuer: string;
  clientId: string;
  /** Absent for a Public client. */
  clientSecret?: string;
  scopes: readonly string[];
}

export interface SignInCheck {
  clientKey: string;
  state: string;
  nonce: string;
  verifier: string;
}

export interface SignedIn {
  claims: Record<string, unknown>;
  userInfo: Record<string, unknown>;
  idToken: string;
}

export interface RelyingParty {
  begin(client: DemoClient): Promise<{ url: URL; check: SignInCheck }>;
  /** Throws what openid-client throws; the message says what went wrong. */
  finish(client: DemoClient, callback: URL, check: SignInCheck): Promise<SignedIn>;
  /** Where the browser goes to end the session at the tenant. */
  signOut(client: DemoClient, idToken: string): Promise<URL>;
}

export function relyingParty(origin: string, ca: string): RelyingParty {
  const redirectUri = `${origin}/callback`;
  const fetch = loopbackFetch(ca);

  function configure({ issuer, clientId, clientSecret }: DemoClient): Promise<oidc.Configuration> {
    const method = clientSecret === undefined ? oidc.None() : oidc.ClientSecretBasic(clientSecret);
    return oidc.discovery(new URL(issuer), clientId, undefined, method, {
      [oidc.customFetch]: fetch as oidc.CustomFetch,
    });
  }

  return {
    async begin(client) {
      const check = {
        clientKey: client.key,
        state: oidc.randomState(),
        nonce: oidc.randomNonce(),
        verifier: oidc.randomPKCECodeVerifier(),
      };
      const url = oidc.buildAuthorizationUrl(await configure(client), {
        redirect_uri: redirectUri,
        scope: client.scopes.join(' '),
        // OpenID Connect Core section 11: offline_access is ignored without it.
        ...(client.scopes.includes('offline_access') && { prompt: 'consent' }),
        state: check.state,
        nonce: check.nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(check.verifier),
        code_challenge_method: 'S256',
      });
      return { url, check };
    },
    async finish(client, callback, { state, nonce, verifier }) {
      const configuration = await configure(client);
      const tokens = await oidc.authorizationCodeGrant(configuration, callback, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      const userInfo = await oidc.fetchUserInfo(configuration, tokens.access_token, claims?.sub ?? '');
      return { claims: { ...claims }, userInfo: { ...userInfo }, idToken: tokens.id_token ?? '' };
    },
    signOut: async (client, idToken) =>
      oidc.buildEndSessionUrl(await configure(client), {
        id_token_hint: idToken,
        post_logout_redirect_uri: `${origin}/`,
      }),
  };
}
