import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSettings, SettingsInvalid } from '#idp/settings.ts';

test('in a cluster nothing has to be set: the Pod finds its API server by itself', () => {
  const settings = readSettings({ KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' });
  assert.deepEqual(settings.source, { type: 'kubernetes' });
  assert.equal(settings.api.server, 'https://[fd00::1]:6443');
  assert.deepEqual(settings.stores.volatile.address, { kind: 'memory' });
  assert.equal(settings.stores.durable, undefined);
  assert.equal(settings.drainSeconds, 5);
});

test('a folder needs no API server, and leaves at once', () => {
  const settings = readSettings({
    SSO_SOURCE: 'folder:/a/b:c',
    SSO_STORE: 'sqlite:/x.sqlite',
    SSO_TRUSTED_PROXIES: ' ',
  });
  assert.deepEqual(settings.source, { type: 'folder', directory: '/a/b:c' });
  assert.deepEqual([settings.drainSeconds, settings.trustedProxies], [0, []]);
});

for (const [name, value] of Object.entries({
  SSO_SOURCE: 'ftp:hunter2',
  SSO_STORE: 'redis://:hunter2@host',
  SSO_DURABLE_STORE: 'postgres://hunter2',
  SSO_STORE_WAIT_REPLICAS: 'hunter2',
  SSO_HTTPS_PORT: '99999',
  SSO_API_SERVER: 'hunter2',
}))
  test(`${name} that is not usable is named, and its value is not told`, () => {
    assert.throws(
      () => readSettings({ KUBERNETES_SERVICE_HOST: 'h', [name]: value }),
      (error: unknown) =>
        error instanceof SettingsInvalid && error.message.includes(name) && !error.message.includes(value),
    );
  });

test('outside a cluster the API server has to be named', () => {
  assert.throws(() => readSettings({}), /SSO_API_SERVER is needed/);
});
