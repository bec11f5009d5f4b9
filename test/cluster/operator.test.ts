import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { ConfigMap, Secret } from '#crds/schema/kinds.ts';
import { type ClientDocument, clientCredentials, clientDocument, tenantDocument } from '#crds/schema/live-config.ts';
import { until } from '#test/support/program.ts';
import {
  type Bench,
  clientOf,
  EVERYTHING,
  publishReplicas,
  startBench,
  tenantOf,
  usersSecret,
} from './operator-bench.ts';

let bench: Bench;
before(async () => {
  bench = await startBench();
  for (const name of ['team-acme', 'apps', 'others']) await bench.namespace(name, { team: name });
  await bench.apply(usersSecret('team-acme'));
  await bench.start();
  await publishReplicas(bench, { 'idp-0': EVERYTHING });
});
after(() => bench[Symbol.asyncDispose]());

const acme = { kind: 'SsoTenant', namespace: 'team-acme', name: 'acme' } as const;
const client = (namespace: string, name: string) => ({ kind: 'OidcClient', namespace, name }) as const;

const text = (secret: Secret | undefined, key: string) => Buffer.from(secret?.data?.[key] ?? '', 'base64').toString();
const documentOf = (configMap: ConfigMap | undefined): ClientDocument =>
  clientDocument.parse(JSON.parse(configMap?.data?.['document.json'] ?? ''));

async function uidOf(namespace: string, name: string): Promise<string> {
  return (await bench.client(namespace, name))?.metadata.uid ?? '';
}

test('a tenant and a client become Ready', async () => {
  const clients = { from: 'Selector', selector: { matchLabels: { team: 'apps' } } };
  await bench.apply(tenantOf('team-acme', 'acme', { clients }));
  await bench.apply(
    clientOf('apps', 'grafana', { secret: { name: 'grafana-oidc', keys: { clientSecret: ['GF_SECRET'] } } }),
  );
  await bench.ready(acme);
  await bench.ready(client('apps', 'grafana'));
});

test('the status of a tenant says where it is and what it has', async () => {
  const tenant = await bench.tenant('team-acme', 'acme');
  const uid = tenant?.metadata.uid ?? '';
  const live = tenantDocument.parse(JSON.parse((await bench.configMap(uid, 't'))?.data?.['document.json'] ?? ''));
  assert.equal(live.issuer, 'https://acme.localhost:8443');
  assert.partialDeepStrictEqual(tenant?.status, {
    domainStatus: 'Online',
    issuer: 'https://acme.localhost:8443',
    replicas: { ready: 1, current: 1 },
    keys: [
      { algorithm: 'ES256', state: 'Current' },
      { algorithm: 'RS256', state: 'Current' },
    ],
  });
});

test('the application gets its client, its secret and every address, and the IdP only a hash', async () => {
  const secret = await bench.secret('apps', 'grafana-oidc');
  assert.equal(text(secret, 'client_id'), 'apps.grafana');
  assert.match(text(secret, 'client_secret'), /^[A-Za-z0-9]{43}$/);
  assert.equal(text(secret, 'GF_SECRET'), text(secret, 'client_secret'));
  assert.equal(text(secret, 'token_url'), 'https://acme.localhost:8443/token');

  const stored = await bench.secret('sso-idp', `sso-c-${await uidOf('apps', 'grafana')}-credentials`);
  const credentials = clientCredentials.parse(JSON.parse(text(stored, 'credentials.json')));
  const hash = createHash('sha256').update(text(secret, 'client_secret')).digest('base64url');
  assert.deepEqual(credentials.secrets, [{ algorithm: 'sha256', hash }]);
});

test('a machine gets a secret and the addresses of machines, and nobody may sign in to it', async () => {
  const machine = { type: 'Machine', redirectUris: undefined, access: undefined };
  await bench.apply(clientOf('apps', 'sync', machine));
  await bench.ready(client('apps', 'sync'));
  const secret = await bench.secret('apps', 'sync-oidc');
  assert.match(text(secret, 'client_secret'), /^[A-Za-z0-9]{43}$/);
  const addresses = Object.keys(secret?.data ?? {}).filter(key => key.endsWith('_url'));
  assert.deepEqual(addresses.sort(), ['discovery_url', 'jwks_url', 'token_url']);
  const live = documentOf(await bench.configMap(await uidOf('apps', 'sync'), 'c'));
  assert.deepEqual(
    [live.type, live.grantTypes, live.accessGroups, live.jwtAudiences],
    ['Machine', ['client_credentials'], [], undefined],
  );
  const jwt = { accessTokenFormat: 'jwt', resources: ['urn:acme:orders'] };
  await bench.apply(clientOf('apps', 'sync', { ...machine, ...jwt }));
  await until('its list is live', async () => {
    const { jwtAudiences } = documentOf(await bench.configMap(await uidOf('apps', 'sync'), 'c'));
    return jwtAudiences?.join() === 'urn:acme:orders' ? true : undefined;
  });
});

test('no secret value reaches a ConfigMap, a status or an event', async () => {
  const value = text(await bench.secret('apps', 'grafana-oidc'), 'client_secret');
  const { stdout } = await bench.api.kubectl([
    'get',
    'configmaps,ssotenants,oidcclients,events.events.k8s.io',
    '-A',
    '-o',
    'json',
  ]);
  assert.ok(stdout.includes('grafana'));
  assert.ok(!stdout.includes(value));
  assert.ok(!stdout.includes('argon2id'));
});

test('a namespace that is not let in reads the same as a tenant that does not exist', async () => {
  await bench.apply(clientOf('others', 'intruder'));
  await bench.apply(clientOf('others', 'dreamer', { tenantRef: { name: 'ghost', namespace: 'team-acme' } }));
  for (const name of ['intruder', 'dreamer']) {
    await bench.condition(client('others', name), 'Accepted', { status: 'False', reason: 'TenantNotAvailable' });
  }
  const words = async (name: string) => {
    const conditions = (await bench.client('others', name))?.status?.conditions ?? [];
    return JSON.stringify(conditions.map(({ type, reason, message }) => [type, reason, message]));
  };
  assert.equal((await words('intruder')).replaceAll('acme/acme', 'acme/ghost'), await words('dreamer'));
  assert.equal(await bench.configMap(await uidOf('others', 'intruder'), 'c'), undefined);
  assert.equal(await bench.secret('others', 'intruder-oidc'), undefined);
});

test('a secretRef that is not there is waited for, and nothing is invented', async () => {
  await bench.apply(clientOf('apps', 'wiki', { secretRef: { name: 'mine' } }));
  await bench.condition(client('apps', 'wiki'), 'CredentialsReady', { status: 'False', reason: 'SecretNotFound' });
  assert.equal(await bench.configMap(await uidOf('apps', 'wiki'), 'c'), undefined);
  assert.equal(await bench.secret('apps', 'wiki-oidc'), undefined);

  const mine = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'mine', namespace: 'apps' } };
  await bench.apply({ ...mine, stringData: { client_secret: 'short' } });
  await bench.condition(client('apps', 'wiki'), 'CredentialsReady', { status: 'False', reason: 'SecretNotReadable' });
  await bench.apply({
    ...mine,
    metadata: { ...mine.metadata, labels: { 'sso-operator.dev/readable': 'true' } },
    stringData: { client_secret: 'short' },
  });
  await bench.ready(client('apps', 'wiki'));
  await bench.condition(client('apps', 'wiki'), 'Advisory', { status: 'True', reason: 'SecretShort' });
  const stored = await bench.secret('sso-idp', `sso-c-${await uidOf('apps', 'wiki')}-credentials`);
  assert.match(text(stored, 'credentials.json'), /"algorithm":"argon2id"/);
});

test('of two tenants with one domain the later gets DomainConflict, and the domain when the owner goes', async () => {
  await bench.namespace('late');
  await bench.apply(usersSecret('late'));
  await bench.apply(tenantOf('late', 'rival', { domain: 'acme.localhost' }));
  const rival = { kind: 'SsoTenant', namespace: 'late', name: 'rival' } as const;
  await bench.condition(rival, 'Accepted', { status: 'False', reason: 'DomainConflict' });
  const words = JSON.stringify((await bench.tenant('late', 'rival'))?.status);
  assert.ok(!words.includes('team-acme'), words);
  await bench.ready(acme);

  await bench.apply(tenantOf('team-acme', 'second', { domain: 'second.localhost' }));
  // Two claims of one second are told apart by their UIDs: the owner shall be this one.
  await bench.ready({ ...rival, namespace: 'team-acme', name: 'second' });
  await bench.apply(tenantOf('late', 'heir', { domain: 'second.localhost' }));
  const second = (await bench.tenant('team-acme', 'second'))?.metadata.uid ?? '';
  await bench.condition({ ...rival, name: 'heir' }, 'Accepted', { status: 'False', reason: 'DomainConflict' });
  const keys = text(await bench.secret('sso-idp', `sso-t-${second}-keys`), 'keys.json');
  await bench.api.kubectl(['delete', 'ssotenant', 'second', '-n', 'team-acme']);
  await bench.ready({ ...rival, name: 'heir' });
  const heir = (await bench.tenant('late', 'heir'))?.metadata.uid ?? '';
  const inherited = text(await bench.secret('sso-idp', `sso-t-${heir}-keys`), 'keys.json');
  assert.notEqual(inherited, keys);
  assert.equal(await bench.secret('sso-idp', `sso-t-${second}-keys`), undefined);
});

test('withdrawn consent disables at once and deletes once every replica knows', async () => {
  await bench.ready(client('apps', 'grafana'));
  const uid = await uidOf('apps', 'grafana');
  const version = Number((await bench.configMap(uid, 'c'))?.metadata.resourceVersion);
  await publishReplicas(bench, { 'idp-0': { configMaps: String(version), secrets: '9000000' } });
  await bench.namespace('apps', { team: 'elsewhere' });
  await bench.condition(client('apps', 'grafana'), 'Accepted', { status: 'False', reason: 'TenantNotAvailable' });
  const disabled = await until('the disabled document', async () => {
    const found = await bench.configMap(uid, 'c');
    return found !== undefined && !documentOf(found).enabled ? found : undefined;
  });
  // The replica has not loaded it yet: it must stay.
  await new Promise(resolve => setTimeout(resolve, 500));
  assert.notEqual(await bench.configMap(uid, 'c'), undefined);
  await publishReplicas(bench, {
    'idp-0': { configMaps: disabled.metadata.resourceVersion ?? '', secrets: '9000000' },
  });
  await until('the document is gone', async () => ((await bench.configMap(uid, 'c')) === undefined ? true : undefined));

  const before = text(await bench.secret('apps', 'grafana-oidc'), 'client_secret');
  await publishReplicas(bench, { 'idp-0': EVERYTHING });
  await bench.namespace('apps', { team: 'apps' });
  await bench.ready(client('apps', 'grafana'));
  assert.equal(text(await bench.secret('apps', 'grafana-oidc'), 'client_secret'), before);
});

test('a withdrawn client without a secret leaves nothing beside it that nobody would find', async () => {
  await bench.apply(clientOf('apps', 'spa', { type: 'Public' }));
  await bench.ready(client('apps', 'spa'));
  assert.ok(await bench.secret('apps', 'spa-oidc'));
  await bench.namespace('apps', { team: 'elsewhere' });
  await until('its Secret is gone', async () =>
    (await bench.secret('apps', 'spa-oidc')) === undefined ? true : undefined,
  );
  assert.ok(await bench.secret('apps', 'grafana-oidc'));
  await bench.namespace('apps', { team: 'apps' });
  await bench.ready(client('apps', 'spa'));
  assert.ok(await bench.secret('apps', 'spa-oidc'));
});

test('Programmed waits for the slowest ready replica, and a refusal lowers it', async () => {
  await publishReplicas(bench, { 'idp-0': EVERYTHING, 'idp-1': { configMaps: '1', secrets: '1' } });
  await bench.apply(clientOf('apps', 'slow'));
  await bench.condition(client('apps', 'slow'), 'Programmed', { status: 'Unknown', reason: 'WaitingForReplicas' });
  await publishReplicas(bench, { 'idp-0': EVERYTHING, 'idp-1': EVERYTHING });
  await bench.condition(client('apps', 'slow'), 'Programmed', { status: 'True' });

  // One that joins later lowers nothing, one that refuses does.
  await publishReplicas(bench, {
    'idp-0': EVERYTHING,
    'idp-1': EVERYTHING,
    'idp-2': { configMaps: '1', secrets: '1' },
  });
  await new Promise(resolve => setTimeout(resolve, 500));
  await bench.condition(client('apps', 'slow'), 'Programmed', { status: 'True' });
  const uid = await uidOf('apps', 'slow');
  await publishReplicas(bench, { 'idp-0': { ...EVERYTHING, rejected: [uid] } });
  await bench.condition(client('apps', 'slow'), 'Programmed', { status: 'False', reason: 'Rejected' });
  await publishReplicas(bench, { 'idp-0': EVERYTHING });
  await bench.ready(client('apps', 'slow'));
});
