import { type Case, manifest, refused, taken } from './case.ts';

/** OidcClient of type Machine: what it has, and what only clients of people have. */

const MACHINE = { tenantRef: { name: 'acme' }, type: 'Machine' };
const CLIENT = { ...MACHINE, redirectUris: ['https://app.acme.example/callback'], access: { everyone: true } };

const machine = (change: Record<string, unknown> = {}) => manifest('OidcClient', MACHINE, change);
const client = (change: Record<string, unknown>) => manifest('OidcClient', { ...CLIENT, type: 'Confidential' }, change);
const jwtFor = (...resources: string[]) => machine({ accessTokenFormat: 'jwt', resources });

const OF_PEOPLE: Record<string, unknown> = {
  displayName: 'Sync',
  redirectUris: CLIENT.redirectUris,
  postLogoutRedirectUris: [],
  scopes: ['openid'],
  idTokenSignedResponseAlg: 'ES256',
  access: { everyone: true },
  skipConsent: true,
};

const LIST = 'accessTokenFormat jwt and resources need each other: a JWT names the API that it is for';

export const MACHINE_CASES: Case[] = [
  taken('the smallest machine', machine()),
  taken(
    'a machine with everything',
    machine({
      clientId: 'nightly-sync',
      grantTypes: ['client_credentials'],
      tokenEndpointAuthMethod: 'client_secret_post',
      secretRef: { name: 'mine' },
      secret: { name: 'sync', keys: { clientId: ['ID'] }, labels: { team: 'a' } },
      accessTokenFormat: 'jwt',
      resources: ['https://orders.acme.example', 'urn:acme:stock'],
      lifetimes: { accessToken: '5m' },
    }),
  ),
  taken('a machine with opaque tokens, said aloud', machine({ accessTokenFormat: 'opaque' })),
  ...Object.entries(OF_PEOPLE).map(([field, value]) =>
    refused(
      `a machine with ${field}`,
      machine({ [field]: value }),
      `spec.${field}`,
      `a Machine has no ${field}: no person signs in to it`,
    ),
  ),
  refused(
    'a machine with a refresh token',
    machine({ lifetimes: { refreshToken: '1h' } }),
    'spec.lifetimes.refreshToken',
    'a Machine has no refresh token: it asks again with its secret',
  ),
  ...[['authorization_code'], ['client_credentials', 'refresh_token']].map(grantTypes =>
    refused(
      `a machine with ${grantTypes.join(' and ')}`,
      machine({ grantTypes }),
      'spec.grantTypes',
      'a Machine has the grant type client_credentials and no other',
    ),
  ),
  refused(
    'a machine without a secret to show',
    machine({ tokenEndpointAuthMethod: 'none' }),
    'spec.tokenEndpointAuthMethod',
    'none is for Public clients, and a Public client has no other method',
  ),
  ...['redirectUris', 'access'].map(field =>
    refused(
      `a client of people without ${field}`,
      client({ [field]: undefined }),
      `spec.${field}`,
      `${field} is needed; only a Machine goes without`,
    ),
  ),
  refused(
    'client_credentials beside a code',
    client({ grantTypes: ['authorization_code', 'client_credentials'] }),
    'spec.grantTypes',
    'client_credentials is for a client of type Machine',
  ),
  ...['opaque', 'jwt'].map(accessTokenFormat =>
    refused(
      `${accessTokenFormat} tokens of a client of people`,
      client({ accessTokenFormat, ...(accessTokenFormat === 'jwt' && { resources: ['urn:a:b'] }) }),
      'spec.accessTokenFormat',
      'accessTokenFormat is for a client of type Machine; all others get opaque tokens',
    ),
  ),
  refused('a JWT for nobody', machine({ accessTokenFormat: 'jwt' }), 'spec.resources', LIST),
  refused('resources without a format', machine({ resources: ['urn:a:b'] }), 'spec.resources', LIST),
  refused(
    'opaque tokens for resources',
    machine({ accessTokenFormat: 'opaque', resources: ['urn:a:b'] }),
    'spec.resources',
    LIST,
  ),
  refused('resources of a client of people', client({ resources: ['urn:a:b'] }), 'spec.resources', LIST),
  ...[
    'https://orders.acme.example',
    'http://orders.apps.svc.cluster.local:8080/v1?x=1',
    'api://orders/',
    'urn:acme:orders',
  ].map(resource => taken(`a JWT for ${resource}`, jwtFor(resource))),
  ...[
    'orders',
    '/orders',
    'https://',
    'https://a.example/#x',
    'urn:acme:orders#x',
    'urn:',
    'https://a.example/a b',
    'mailto:a@b.example',
    'HTTPS://a.example',
    '',
  ].map(resource => refused(`a JWT for ${JSON.stringify(resource)}`, jwtFor(resource), 'spec.resources[0]')),
  refused('17 resources', jwtFor(...Array.from({ length: 17 }, (_, at) => `urn:a:${at}`)), 'spec.resources'),
];
