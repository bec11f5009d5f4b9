import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { ConfigMap, KubeObject, SamlClient } from '#crds/schema/kinds.ts';
import { samlClientDocument } from '#crds/schema/live-config.ts';
import { CORE } from '#crds/wire/cluster.ts';
import { openDevelopmentCa } from '#operator/local/development-ca.ts';
import { FolderCluster } from '#operator/local/folder-cluster.ts';
import { IDP_NAMESPACE, localSettings } from '#operator/local/settings.ts';
import { startControllers } from '#operator/reconcile/index.ts';
import { OURS } from '#operator/reconcile/types.ts';
import { systemClock } from '#operator/runtime/clock.ts';
import { until } from '#test/support/program.ts';
import { spMetadata } from '#test/support/sp-certificate.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const USERS =
  'users:\n- username: ada\n  password: $argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$3n9BBKDLpnOTnCBuXsCEvQHn0vJv0BuZpYYJtFV0lzQ\n';

const head = (name: string) => ({ apiVersion: 'sso-operator.dev/v1alpha1', metadata: { name, namespace: 'apps' } });
const metadataOf = (acs: string): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'sp', namespace: 'apps' },
  data: { 'metadata.xml': spMetadata({ acs }) },
});

const OBJECTS: [Parameters<FolderCluster['apply']>[0], object][] = [
  [CORE.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: IDP_NAMESPACE } }],
  [CORE.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'apps' } }],
  [
    CORE.secrets,
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'people', namespace: 'apps', labels: { 'sso-operator.dev/readable': 'true' } },
      data: { 'users.yaml': Buffer.from(USERS).toString('base64') },
    },
  ],
  [CORE.configMaps, metadataOf('https://sp.example/one')],
  [
    OURS.SsoTenant,
    {
      ...head('acme'),
      kind: 'SsoTenant',
      spec: {
        domain: 'acme.localhost',
        identitySources: [{ name: 'people', users: { secretRef: { name: 'people' } } }],
      },
    },
  ],
  [
    OURS.SamlClient,
    {
      ...head('app'),
      kind: 'SamlClient',
      spec: { tenantRef: { name: 'acme' }, metadata: { configMapRef: { name: 'sp' } }, access: { everyone: true } },
    },
  ],
];

test('without a cluster a SamlClient is served, and a saved metadata document takes effect at once', async t => {
  const stop = new AbortController();
  t.after(() => stop.abort());
  const cluster = new FolderCluster({ now: () => new Date(), newUid: () => randomUUID() });
  const store = { load: async () => undefined, save: async () => undefined };
  const certificateIssuer = await openDevelopmentCa({ store, now: () => new Date() });
  for (const [type, object] of OBJECTS) await cluster.apply(type, object as KubeObject);
  startControllers(
    { cluster, settings: localSettings(8443), clock: systemClock, log: quiet, certificateIssuer },
    stop.signal,
  );
  const client = await cluster.get<SamlClient>(OURS.SamlClient, 'app', 'apps');
  const acsOf = async () => {
    const live = await cluster.get<ConfigMap>(CORE.configMaps, `sso-c-${client?.metadata.uid}`, IDP_NAMESPACE);
    const text = live?.data?.['document.json'];
    return text === undefined
      ? undefined
      : samlClientDocument.parse(JSON.parse(text)).assertionConsumerServices[0]?.url;
  };
  assert.equal(await until('it is live', acsOf), 'https://sp.example/one');
  await cluster.apply(CORE.configMaps, metadataOf('https://sp.example/two'));
  await until('the new one', async () => ((await acsOf()) === 'https://sp.example/two' ? true : undefined), 2);
  const output = await cluster.get<ConfigMap>(CORE.configMaps, 'app-saml', 'apps');
  assert.equal(output?.data?.['sso_url'], 'https://acme.localhost:8443/saml/sso');
});
