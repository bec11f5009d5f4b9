import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OidcClient, SsoTenant } from '#crds/schema/kinds.ts';
import { isLetIn, judgeAttachment } from '#operator/rules/attachment.ts';
import { judgeClientId } from '#operator/rules/client-id.ts';

function tenant(clients?: SsoTenant['spec']['clients']): SsoTenant {
  const spec = { domain: 'a.example', identitySources: [], ...(clients === undefined ? {} : { clients }) };
  return { apiVersion: 'v', kind: 'SsoTenant', metadata: { name: 't', namespace: 'home' }, spec };
}

test('Same, Selector and All let in whom they say; without a word it is Same', () => {
  const home = { namespace: 'home', labels: {} };
  const away = { namespace: 'away', labels: { team: 'x' } };
  const selector = { matchLabels: { team: 'x' } };
  assert.deepEqual([isLetIn(tenant(), home), isLetIn(tenant(), away)], [true, false]);
  assert.ok(isLetIn(tenant({ from: 'All' }), away));
  assert.ok(isLetIn(tenant({ from: 'Selector', selector }), away));
  assert.ok(!isLetIn(tenant({ from: 'Selector', selector }), { ...away, labels: { team: 'y' } }));
  assert.ok(
    !isLetIn(tenant({ from: 'Selector', selector: { matchLabels: {} } }), away),
    'an empty selector is no consent',
  );
});

test('no such tenant and not allowed are the same verdict', () => {
  const common = { tenantKey: 'home/t', home: { namespace: 'away', labels: {} }, isTenantLive: true, rank: 0 };
  assert.deepEqual(judgeAttachment({ ...common, tenant: undefined }), judgeAttachment({ ...common, tenant: tenant() }));
});

test('a tenant takes max clients, the first ones', () => {
  const common = { tenantKey: 'home/t', home: { namespace: 'home', labels: {} }, isTenantLive: true };
  const full = tenant({ from: 'Same', max: 2 });
  assert.equal(judgeAttachment({ ...common, tenant: full, rank: 1 }).status, 'True');
  assert.equal(judgeAttachment({ ...common, tenant: full, rank: 2 }).reason, 'QuotaExceeded');
});

const named = (uid: string, isDefault: boolean, isLive = false) => ({ uid, creationTimestamp: uid, isDefault, isLive });

function clientWith(clientId: string | undefined): OidcClient {
  const spec = {
    tenantRef: { name: 't' },
    type: 'Public' as const,
    redirectUris: [],
    access: { everyone: true },
    ...(clientId === undefined ? {} : { clientId }),
  };
  return { apiVersion: 'v', kind: 'OidcClient', metadata: { name: 'app', namespace: 'home' }, spec };
}

test('a default id beats an explicit one, also one that is live; of two explicit ones the live one stays', () => {
  const explicit = clientWith('home.app');
  const common = { client: explicit, isNamespaceTaken: false };
  assert.equal(
    judgeClientId({ ...common, self: named('1', false, true), others: [named('2', true)] })?.reason,
    'ClientIdConflict',
  );
  assert.equal(
    judgeClientId({
      ...common,
      client: clientWith(undefined),
      self: named('2', true),
      others: [named('1', false, true)],
    }),
    undefined,
  );
  assert.equal(judgeClientId({ ...common, self: named('2', false, true), others: [named('1', false)] }), undefined);
  assert.equal(
    judgeClientId({ ...common, self: named('2', false), others: [named('1', false)] })?.reason,
    'ClientIdConflict',
  );
});

test("an id in the form of another namespace's default is refused where that namespace exists", () => {
  const self = named('1', false);
  const client = clientWith('other.app');
  assert.equal(judgeClientId({ client, self, others: [], isNamespaceTaken: true })?.reason, 'ClientIdConflict');
  assert.equal(judgeClientId({ client, self, others: [], isNamespaceTaken: false }), undefined);
  assert.equal(
    judgeClientId({ client: clientWith('home.other'), self, others: [], isNamespaceTaken: true }),
    undefined,
  );
});
