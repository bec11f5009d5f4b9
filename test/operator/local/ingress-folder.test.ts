import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { Condition } from '#crds/schema/conditions.ts';
import type { ConfigMap, SsoTenant } from '#crds/schema/kinds.ts';
import { tenantDocument } from '#crds/schema/live-config.ts';
import { CERTIFICATES, CORE } from '#crds/wire/cluster.ts';
import { openDevelopmentCa } from '#operator/local/development-ca.ts';
import { FolderCluster } from '#operator/local/folder-cluster.ts';
import { IDP_NAMESPACE, localSettings } from '#operator/local/settings.ts';
import { startControllers } from '#operator/reconcile/index.ts';
import { OURS } from '#operator/reconcile/types.ts';
import { systemClock } from '#operator/runtime/clock.ts';
import { until } from '#test/support/program.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const USERS =
  'users:\n- username: ada\n  password: $argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$3n9BBKDLpnOTnCBuXsCEvQHn0vJv0BuZpYYJtFV0lzQ\n';

const people = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'people', namespace: 'apps', labels: { 'sso-operator.dev/readable': 'true' } },
  data: { 'users.yaml': Buffer.from(USERS).toString('base64') },
};
const tenant = {
  apiVersion: 'sso-operator.dev/v1alpha1',
  kind: 'SsoTenant',
  metadata: { name: 'acme', namespace: 'apps' },
  spec: {
    domain: 'acme.localhost',
    exposure: { ingress: { className: 'haproxy' } },
    certificate: { issuerRef: { kind: 'ClusterIssuer', name: 'letsencrypt' } },
    identitySources: [{ name: 'people', users: { secretRef: { name: 'people' } } }],
  },
};

test('without a cluster a tenant behind an ingress is served by the IdP itself, with a certificate of the development CA', async t => {
  const stop = new AbortController();
  t.after(() => stop.abort());
  const cluster = new FolderCluster({ now: () => new Date(), newUid: () => randomUUID() });
  for (const name of [IDP_NAMESPACE, 'apps'])
    await cluster.apply(CORE.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  await cluster.apply(CORE.secrets, people);
  await cluster.apply(OURS.SsoTenant, tenant);
  const store = { load: async () => undefined, save: async () => undefined };
  const certificateIssuer = await openDevelopmentCa({ store, now: () => new Date() });
  const parts = { cluster, settings: localSettings(8443), clock: systemClock, log: quiet, certificateIssuer };
  await startControllers(parts, stop.signal).synced;
  const live = await until('its document', async () => cluster.list<ConfigMap>(CORE.configMaps)[0]);
  const document = tenantDocument.parse(JSON.parse(live.data?.['document.json'] ?? ''));
  assert.notEqual(document.certificate, null);
  const said = await until('its status', async () => cluster.list<SsoTenant>(OURS.SsoTenant)[0]?.status?.conditions);
  const of = (type: string): Condition | undefined => said.find(it => it.type === type);
  assert.deepEqual([of('CertificateReady')?.status, of('Exposed')?.reason], ['True', 'NotApplicable']);
  assert.match(of('Exposed')?.message ?? '', /^Without a cluster the identity provider ends TLS itself/);
  assert.deepEqual([...cluster.list(CERTIFICATES), ...cluster.list(CORE.ingresses)], []);
});
