import * as openid from 'openid-client';
import { loopbackFetch } from '#operator/local/loopback.ts';
import type { House } from './house.ts';
import { createPerson } from './person.ts';
import { ADA, credentialsOf } from './quickstart.ts';

/** The wiki of the quickstart signs Ada in: discovery, code with PKCE, a verified ID token. */

const CALLBACK = 'https://demo.localhost:8444/callback';

/** Resolves to the subject of the ID token. `ca`: who vouches for acme.localhost. */
export async function signInToWiki(house: House, ca: string): Promise<string | undefined> {
  const { clientId, clientSecret = '' } = await credentialsOf(house, 'team-acme', 'wiki-oidc');
  const config = await openid.discovery(
    new URL(`https://acme.localhost:${house.port}`),
    clientId,
    {},
    openid.ClientSecretBasic(clientSecret),
    { [openid.customFetch]: loopbackFetch(ca) as openid.CustomFetch },
  );
  openid.enableNonRepudiationChecks(config);
  const pkceCodeVerifier = openid.randomPKCECodeVerifier();
  const [expectedState, expectedNonce] = [openid.randomState(), openid.randomNonce()];
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK,
    scope: 'openid profile',
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
    nonce: expectedNonce,
  });
  const person = createPerson({ ca, stopAt: [CALLBACK] });
  const arrived = await person.submit(await person.open(url), ADA, 'password');
  const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true };
  return (await openid.authorizationCodeGrant(config, arrived.url, checks)).claims()?.sub;
}
