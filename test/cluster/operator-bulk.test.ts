import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ANNOTATIONS, LABELS } from '#crds/schema/group.ts';
import type { OidcClient, Secret } from '#crds/schema/kinds.ts';
import { CORE } from '#crds/wire/cluster.ts';
import { OURS } from '#operator/reconcile/types.ts';
import { systemClock } from '#operator/runtime/clock.ts';
import { ACCOUNTS } from '#test/support/installation.ts';
import { until } from '#test/support/program.ts';
import {
  type Bench,
  clientOf,
  EVERYTHING,
  publishReplicas,
  type Running,
  startBench,
  tenantOf,
  usersSecret,
} from './operator-bench.ts';

/** Clients in numbers: what one costs, who goes first, and that new ones are looked at less and taken over never. */

let bench: Bench;
let running: Running;
before(async () => {
  bench = await startBench();
  for (const name of ['team-acme', 'apps', 'bulk']) await bench.namespace(name);
  await bench.apply(usersSecret('team-acme'));
  await publishReplicas(bench, { 'idp-0': EVERYTHING });
  await bench.apply(tenantOf('team-acme', 'acme', { clients: { from: 'All' } }));
  running = await bench.start();
  await bench.ready({ kind: 'SsoTenant', namespace: 'team-acme', name: 'acme' });
});
after(async () => bench[Symbol.asyncDispose]());

const subject = (namespace: string, name: string) => ({ kind: 'OidcClient', namespace, name }) as const;
const decode = (secret: Secret | undefined, key: string) =>
  Buffer.from(secret?.data?.[key] ?? '', 'base64').toString('utf8');

async function writes(): Promise<string[]> {
  const lines = await bench.api.writes(ACCOUNTS.operator.name);
  return lines.map(({ verb, resource, subresource }) => [verb, resource, subresource].filter(Boolean).join(' '));
}

test('a new client costs four writes, although its replica needs a moment', async () => {
  running.stop();
  // So that its patience outlasts a machine that is busy.
  const now = Date.now();
  const patient = await bench.start({ parts: { clock: { ...systemClock, now: () => now } } });
  await publishReplicas(bench, { 'idp-0': { configMaps: '1', secrets: '1' } });
  const earlier = (await writes()).length;
  await bench.apply(clientOf('apps', 'thrifty'));
  const uid = (await bench.client('apps', 'thrifty'))?.metadata.uid ?? '';
  await until('its document', () => bench.configMap(uid, 'c'));
  await publishReplicas(bench, { 'idp-0': EVERYTHING });
  await bench.ready(subject('apps', 'thrifty'));
  const ours = (await writes()).slice(earlier).filter(write => !/events|ssotenants/.test(write));
  assert.deepEqual(ours.toSorted(), [
    'create configmaps',
    'create secrets',
    'create secrets',
    'update oidcclients status',
  ]);
  patient.stop();
  running = await bench.start();
});

test('an edit does not wait behind a bulk of its own namespace', async () => {
  await bench.apply(clientOf('bulk', 'old'));
  await bench.ready(subject('bulk', 'old'));
  const uid = (await bench.client('bulk', 'old'))?.metadata.uid ?? '';
  const names = Array.from({ length: 300 }, (_, i) => `new-${i}`);
  await Promise.all(names.map(name => bench.admin.create(OURS.OidcClient, clientOf('bulk', name) as OidcClient)));
  const patch = { metadata: { name: 'old', namespace: 'bulk' }, spec: { displayName: 'Edited' } };
  await bench.admin.merge(OURS.OidcClient, patch);
  await until('the edit is written', async () =>
    (await bench.configMap(uid, 'c'))?.data?.['document.json']?.includes('Edited') ? true : undefined,
  );
  const behind = await Promise.all(names.map(name => bench.client('bulk', name)));
  const waiting = behind.filter(client => client?.status?.conditions === undefined).length;
  assert.ok(waiting > names.length / 4, `only ${waiting} of the bulk still wait`);
  for (const name of names) await bench.ready(subject('bulk', name));
});

test('a new client whose Secret has a foreign namesake makes nothing, and takes nothing', async () => {
  const foreign = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'late-oidc', namespace: 'apps' } };
  await bench.apply({ ...foreign, stringData: { client_secret: 'of somebody else' } });
  await bench.apply(clientOf('apps', 'late'));
  const wanted = { status: 'False', reason: 'ResourceConflict' };
  await bench.condition(subject('apps', 'late'), 'CredentialsReady', wanted);
  const uid = (await bench.client('apps', 'late'))?.metadata.uid ?? '';
  assert.equal(await bench.secret('sso-idp', `sso-c-${uid}-credentials`), undefined);
  assert.equal(await bench.configMap(uid, 'c'), undefined);
  assert.equal(decode(await bench.secret('apps', 'late-oidc'), 'client_secret'), 'of somebody else');

  await bench.admin.delete(CORE.secrets, 'late-oidc', 'apps');
  await bench.ready(subject('apps', 'late'));
});

test('the value of a Secret that was written before a crash is the one that becomes live', async () => {
  running.stop();
  await bench.apply(clientOf('apps', 'halfway'));
  const uid = (await bench.client('apps', 'halfway'))?.metadata.uid ?? '';
  const value = 'Halfway0'.repeat(6).slice(0, 43);
  await bench.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: 'halfway-oidc',
      namespace: 'apps',
      labels: { [LABELS.ownerUid]: uid },
      annotations: { [ANNOTATIONS.owner]: 'apps/halfway' },
    },
    stringData: { client_secret: value },
  });
  running = await bench.start();
  await bench.ready(subject('apps', 'halfway'));
  assert.equal(decode(await bench.secret('apps', 'halfway-oidc'), 'client_secret'), value);
});
