import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { type ClientMetadata, type JWKS, type KoaContextWithOIDC, Provider } from 'oidc-provider';

/**
 * The bare library, as its own documentation sets it up: one issuer, clients in its configuration, its own in-memory
 * store, nothing around it. The same protocol choices as the product's (PKCE, rotation, claims in the ID token, opaque
 * tokens, JWTs for a machine), the same keys, the same TLS. Who comes is signed in as their login_hint: no password, no page.
 *
 *   node test/bench/idp/bare.ts <file with BareSettings>
 */

export interface BareSettings {
  port: number;
  host: string;
  cert: string;
  key: string;
  jwks: JWKS;
  cookies: string[];
  clients: ClientMetadata[];
  /** By client_id: whom the JWTs of a machine are for; the tokens of all others are opaque. */
  audiences: Record<string, string>;
  /** Claims of everybody. */
  claims: Record<string, unknown>;
}

const settings = JSON.parse(await readFile(process.argv[2] ?? '', 'utf8')) as BareSettings;

const provider = new Provider(`https://${settings.host}:${settings.port}`, {
  jwks: settings.jwks,
  clients: settings.clients,
  cookies: { keys: settings.cookies },
  claims: { openid: ['sub', 'amr', 'auth_time'], profile: ['name'], email: ['email'], groups: ['groups'] },
  scopes: ['openid', 'offline_access'],
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: () => Promise.resolve(true),
  ttl: {
    AccessToken: 3600,
    AuthorizationCode: 60,
    Grant: 43_200,
    IdToken: 3600,
    Interaction: 3600,
    RefreshToken: 86_400,
    Session: 43_200,
  },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: (_ctx, { clientId }, oneOf) => settings.audiences[clientId] ?? oneOf,
      getResourceServerInfo: (_ctx, audience) => ({
        scope: '',
        audience,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
  findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => ({ sub, ...settings.claims }) }),
  loadExistingGrant: grantEverything,
  interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
  routes: { authorization: '/auth', token: '/token', userinfo: '/me' },
});

async function grantEverything({ oidc }: KoaContextWithOIDC) {
  const { client, session, account, provider: library } = oidc;
  if (client === undefined || session === undefined || account === undefined) return undefined;
  const present = session.grantIdFor(client.clientId);
  if (present !== undefined) return library.Grant.find(present);
  const grant = new library.Grant({ accountId: account.accountId, clientId: client.clientId });
  grant.addOIDCScope('openid profile email groups');
  await grant.save();
  return grant;
}

const handle = provider.callback();
createServer({ cert: settings.cert, key: settings.key, minVersion: 'TLSv1.2' }, (req, res) => {
  if (req.url?.startsWith('/interaction/') === true) void signIn(req, res);
  else void handle(req, res);
}).listen(settings.port, '127.0.0.1', () => console.log('listening'));

async function signIn(req: IncomingMessage, res: ServerResponse): Promise<void> {
  try {
    const { params } = await provider.interactionDetails(req, res);
    const login = { accountId: String(params['login_hint']), amr: ['pwd'] };
    await provider.interactionFinished(req, res, { login });
  } catch (error) {
    res.writeHead(500).end(String(error));
  }
}
