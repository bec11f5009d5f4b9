import { type Case, change, type Manifest, manifest, refused, repeat, taken } from './case.ts';
import { EXPOSURE_CASES } from './exposure-cases.ts';
import { MACHINE_CASES } from './machine-cases.ts';
import { SAML_CASES, SAML_CHANGES } from './saml-cases.ts';

/** What the API takes and refuses. */

const TENANT = {
  domain: 'login.acme.example',
  identitySources: [{ name: 'people', users: { secretRef: { name: 'people' } } }],
};
const CLIENT = {
  tenantRef: { name: 'acme' },
  type: 'Confidential',
  redirectUris: ['https://app.acme.example/callback'],
  access: { everyone: true },
};

/** The smallest good resource, with these fields changed; undefined leaves one out. */
export const tenant = (change: Record<string, unknown> = {}): Manifest => manifest('SsoTenant', TENANT, change);
export const client = (change: Record<string, unknown> = {}): Manifest => manifest('OidcClient', CLIENT, change);

const source = (name: string) => ({ name, users: { secretRef: { name: 'people' } } });

export const TENANT_CASES: Case[] = [
  taken('the smallest tenant', tenant()),
  taken(
    'a tenant with everything',
    tenant({
      displayName: 'Acme & Söhne 日本 👋',
      exposure: { pod: {} },
      certificate: { secretRef: { name: 'acme-tls' } },
      tls: { profile: 'BestPractices', minVersion: '1.3' },
      clients: { from: 'Selector', selector: { matchLabels: { 'example.com/sso': 'acme', plain: '' } }, max: 200 },
      identitySources: [{ ...source('people'), displayName: 'People' }, source('guests')],
      sessions: { lifetime: '1h0m0s' },
      paused: false,
    }),
  ),
  ...['https://login.acme.example', 'login.acme.example:443', 'login.acme.example/x', 'login.acme.example.'].map(
    domain => refused(`the domain ${domain}`, tenant({ domain }), 'spec.domain'),
  ),
  ...[
    'Login.acme.example',
    'localhost',
    'bücher.example',
    '-a.example',
    'a..example',
    '*.acme.example',
    ' a.example',
  ].map(domain => refused(`the domain ${domain}`, tenant({ domain }), 'spec.domain')),
  taken('a punycode domain', tenant({ domain: 'xn--bcher-kva.example' })),
  refused('a domain with a line feed at its end', tenant({ domain: 'login.acme.example\n' }), 'spec.domain'),
  refused('no domain', tenant({ domain: undefined }), 'spec.domain'),
  refused('a domain that is null', tenant({ domain: null }), 'spec.domain'),
  refused('a number for a text', tenant({ displayName: 7 }), 'spec.displayName'),
  refused('a boolean for a text, as YAML 1.1 makes of Off', tenant({ displayName: false }), 'spec.displayName'),
  refused('a text for a boolean', tenant({ paused: 'yes' }), 'spec.paused'),
  refused('a fraction for an integer', tenant({ clients: { from: 'All', max: 1.5 } }), 'spec.clients.max'),
  refused('an integer below its bound', tenant({ clients: { from: 'All', max: 0 } }), 'spec.clients.max'),
  refused('an integer above its bound', tenant({ clients: { from: 'All', max: 100_001 } }), 'spec.clients.max'),
  refused('a list for an object', tenant({ sessions: [] }), 'spec.sessions'),
  refused('an unknown field', tenant({ colour: 'red' }), 'spec.colour'),
  refused('a field in the wrong case', tenant({ displayname: 'x' }), 'spec.displayname'),
  refused(
    'a namespace in a Secret reference',
    tenant({ certificate: { secretRef: { name: 'x', namespace: 'y' } } }),
    'spec.certificate.secretRef.namespace',
  ),
  refused('an empty text', tenant({ displayName: '' }), 'spec.displayName'),
  taken('80 characters that need two UTF-16 units each', tenant({ displayName: '👋'.repeat(80) })),
  refused('81 characters', tenant({ displayName: '👋'.repeat(81) }), 'spec.displayName'),
  refused('a name with a control character', tenant({ displayName: 'a\u0007b' }), 'spec.displayName'),
  refused('a name with a C1 control character', tenant({ displayName: 'a\u0085b' }), 'spec.displayName'),
  refused('a name with markup', tenant({ displayName: '<b>' }), 'spec.displayName'),
  taken('a name with a no-break space', tenant({ displayName: 'a\u00a0b' })),
  refused('no source', tenant({ identitySources: [] }), 'spec.identitySources'),
  refused('too many sources', tenant({ identitySources: repeat(9, at => source(`s${at}`)) }), 'spec.identitySources'),
  refused(
    'two sources of one name',
    tenant({ identitySources: [source('a'), source('a')] }),
    'spec.identitySources[1]',
  ),
  refused(
    'a source of no kind',
    tenant({ identitySources: [{ name: 'a' }] }),
    'spec.identitySources[0]',
    'name exactly one kind of source, such as users',
  ),
  refused('a source without a name', tenant({ identitySources: [{ users: {} }] }), 'spec.identitySources[0].name'),
  refused(
    'two exposures',
    tenant({ exposure: { pod: {}, none: {} } }),
    'spec.exposure',
    'name exactly one of pod, ingress and none',
  ),
  refused(
    'no exposure in exposure',
    tenant({ exposure: {} }),
    'spec.exposure',
    'name exactly one of pod, ingress and none',
  ),
  ...EXPOSURE_CASES,
  taken('TLS fields, none of them given', tenant({ tls: {}, exposure: { none: {} } })),
  ...[{ profile: 'Strict' }, { minVersion: '1.3' }].map(tls =>
    refused(
      `TLS ended elsewhere with ${Object.keys(tls).join()}`,
      tenant({ tls, exposure: { none: {} } }),
      'spec.tls',
      'tls.profile and tls.minVersion need exposure pod or ingress: with none nobody could keep them',
    ),
  ),
  refused('a TLS version that YAML made a number', tenant({ tls: { minVersion: 1.2 } }), 'spec.tls.minVersion'),
  refused('TLS 1.1', tenant({ tls: { minVersion: '1.1' } }), 'spec.tls.minVersion'),
  refused('a TLS profile that is none', tenant({ tls: { profile: 'Legacy' } }), 'spec.tls.profile'),
  refused('a value outside its enum', tenant({ clients: { from: 'Some' } }), 'spec.clients.from'),
  refused(
    'Selector without a selector',
    tenant({ clients: { from: 'Selector' } }),
    'spec.clients',
    'selector is needed with from: Selector, and only there',
  ),
  refused(
    'a selector without Selector',
    tenant({ clients: { from: 'All', selector: { matchLabels: { a: 'b' } } } }),
    'spec.clients',
    'selector is needed with from: Selector, and only there',
  ),
  ...['a b', '/a', 'a/', 'A/b', 'a'.repeat(318), ''].map(key =>
    refused(
      `the label key ${JSON.stringify(key.slice(0, 10))}`,
      tenant({ clients: { from: 'Selector', selector: { matchLabels: { [key]: 'x' } } } }),
      'spec.clients.selector.matchLabels',
      'every key must be a label key of Kubernetes, such as team or example.com/team',
    ),
  ),
  refused(
    'too many labels',
    tenant({
      clients: {
        from: 'Selector',
        selector: { matchLabels: Object.fromEntries(repeat(17, at => [`l${at}`, 'x'])) },
      },
    }),
    'spec.clients.selector.matchLabels',
  ),
  ...['', 'h', '12', '1d', '-1h', '1.5h', '1m1h', '123456h', '1h\n'].map(lifetime =>
    refused(`the duration ${JSON.stringify(lifetime)}`, tenant({ sessions: { lifetime } }), 'spec.sessions.lifetime'),
  ),
  refused(
    'a duration of nothing',
    tenant({ sessions: { lifetime: '0h0s' } }),
    'spec.sessions.lifetime',
    'a duration must be longer than nothing',
  ),
  taken('the longest duration', tenant({ sessions: { lifetime: '99999h99999m99999s' } })),
];

const uri = (redirectUri: string) => client({ redirectUris: [redirectUri] });

export const CLIENT_CASES: Case[] = [
  taken('the smallest client', client()),
  taken(
    'a client with everything',
    client({
      tenantRef: { name: 'acme', namespace: 'team-acme' },
      clientId: 'My_Client.1~x',
      displayName: 'App',
      postLogoutRedirectUris: ['https://app.acme.example/'],
      grantTypes: ['authorization_code', 'refresh_token'],
      scopes: ['openid', 'groups', 'offline_access'],
      tokenEndpointAuthMethod: 'client_secret_post',
      idTokenSignedResponseAlg: 'RS256',
      secretRef: { name: 'mine' },
      secret: { name: 'app', keys: { clientId: ['GF_ID'], clientSecret: ['GF_SECRET'] }, labels: { team: 'a' } },
      access: { groups: ['staff'] },
      skipConsent: true,
      lifetimes: { accessToken: '5m', refreshToken: '720h' },
    }),
  ),
  taken('a Secret without a name', client({ secret: { keys: { clientId: ['ID'] } } })),
  ...[
    'https://a.example',
    'https://a.example:8443/x/y?z=1&w=%20',
    "https://a.example/!$&'()*+,;=:@-._~[]{}|^`",
    'https://[2001:db8::1]:443/x',
    'http://localhost/x',
    'http://localhost:3000/x?y',
    'http://127.0.0.1:1',
    'http://[::1]:9/x',
  ].map(text => taken(`the redirect URI ${text}`, uri(text))),
  ...[
    'http://a.example/x',
    'http://localhost.evil.example/',
    'http://localhost@evil.example/',
    'http://127.0.0.1.evil.example/',
    'https://user@a.example/x',
    'https://a.example\\@evil.example/',
    'https://a.example/x#y',
    'https://a.example/a b',
    'https://a.example/\u00a0',
    'https://a.example/\u000b',
    'https://a.example/x\n',
    'https://a.example/"x',
    'https://a.example/<x>',
    'https://ä.example/',
    'https://*.a.example/[^/]+',
    'https:///x',
    'https://',
    'javascript:alert(1)',
    'ftp://a.example/',
    'HTTPS://a.example/',
    'a.example/x',
    '',
  ].map(text => refused(`the redirect URI ${JSON.stringify(text)}`, uri(text), 'spec.redirectUris[0]')),
  refused('a redirect URI of 2,049 characters', uri(`https://a.example/${'x'.repeat(2031)}`), 'spec.redirectUris[0]'),
  taken('50 redirect URIs', client({ redirectUris: repeat(50, at => `https://a.example/${at}`) })),
  refused(
    '51 redirect URIs',
    client({ redirectUris: repeat(51, at => `https://a.example/${at}`) }),
    'spec.redirectUris',
  ),
  refused('a text for a list', client({ redirectUris: 'https://a.example' }), 'spec.redirectUris'),
  refused('no type', client({ type: undefined }), 'spec.type'),
  refused('no access', client({ access: undefined }), 'spec.access'),
  ...[{}, { everyone: false }, { everyone: true, groups: ['a'] }].map(access =>
    refused(
      `access ${JSON.stringify(access)}`,
      client({ access }),
      'spec.access',
      'say who may sign in: either everyone: true or groups',
    ),
  ),
  taken('everyone: false beside groups', client({ access: { everyone: false, groups: ['a'] } })),
  refused('a client id with a space', client({ clientId: 'a b' }), 'spec.clientId'),
  taken('a public client', client({ type: 'Public', tokenEndpointAuthMethod: 'none' })),
  refused(
    'a public client with a secret',
    client({ type: 'Public', secretRef: { name: 'x' } }),
    'spec.secretRef',
    'a Public client has no secret',
  ),
  ...[
    { type: 'Public', tokenEndpointAuthMethod: 'client_secret_basic' },
    { type: 'Confidential', tokenEndpointAuthMethod: 'none' },
  ].map(change =>
    refused(
      `${change.type} with ${change.tokenEndpointAuthMethod}`,
      client(change),
      'spec.tokenEndpointAuthMethod',
      'none is for Public clients, and a Public client has no other method',
    ),
  ),
  refused(
    'no authorization_code',
    client({ grantTypes: ['refresh_token'] }),
    'spec.grantTypes',
    'grantTypes must name authorization_code',
  ),
  refused('an unknown grant type', client({ grantTypes: ['implicit'] }), 'spec.grantTypes[0]'),
  refused('no openid', client({ scopes: ['email'] }), 'spec.scopes', 'scopes must name openid'),
  refused('a Secret key with a slash', client({ secret: { keys: { issuer: ['a/b'] } } }), 'spec.secret.keys.issuer[0]'),
  refused('a label value that is none', client({ secret: { labels: { a: '-' } } }), 'spec.secret.labels'),
  refused(
    'a label key that is none',
    client({ secret: { labels: { 'a b': 'x' } } }),
    'spec.secret.labels',
    'every key must be a label key of Kubernetes, such as team or example.com/team',
  ),
  refused('a lifetime of nothing', client({ lifetimes: { accessToken: '0s' } }), 'spec.lifetimes.accessToken'),
];

export const CHANGE_CASES: Case[] = [
  change('the domain', tenant(), tenant({ domain: 'other.example' }), 'domain'),
  change('the name of a tenant on its page', tenant(), tenant({ displayName: 'New' })),
  change('the TLS of a tenant', tenant(), tenant({ tls: { profile: 'BestPractices', minVersion: '1.3' } })),
  change('another source before the one', tenant(), tenant({ identitySources: [source('new'), source('people')] })),
  change('the tenant of a client', client(), client({ tenantRef: { name: 'other' } }), 'tenantRef'),
  change(
    'the namespace of the tenant of a client, given later',
    client(),
    client({ tenantRef: { name: 'acme', namespace: 'default' } }),
    'tenantRef',
  ),
  change('the type', client(), client({ type: 'Public' }), 'type'),
  change('the client id', client({ clientId: 'a' }), client({ clientId: 'b' }), 'clientId'),
  change('the client id, removed', client({ clientId: 'a' }), client(), 'clientId'),
  change('the client id, given later', client(), client({ clientId: 'a' }), 'clientId'),
  change(
    'the redirect URIs',
    client({ clientId: 'a' }),
    client({ clientId: 'a', redirectUris: ['https://b.example'] }),
  ),
];

export const CASES: Case[] = [
  ...TENANT_CASES,
  ...CLIENT_CASES,
  ...MACHINE_CASES,
  ...SAML_CASES,
  ...CHANGE_CASES,
  ...SAML_CHANGES,
];
