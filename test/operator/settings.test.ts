import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog } from '#operator/log.ts';
import { readSettings } from '#operator/settings.ts';

test('an empty environment has safe defaults', () => {
  const settings = readSettings({});
  assert.equal(settings.publicPort, 443);
  assert.equal(settings.domainClaims, 'localhost=*');
  assert.equal(settings.hasDevelopmentCa, false);
  assert.equal(settings.watchSecrets, false);
});

test('each setting that is wrong is named, and no value is repeated', () => {
  assert.throws(
    () => readSettings({ SSO_PUBLIC_PORT: 'hunter2', SSO_DEVELOPMENT_CA: 'yes' }),
    (error: Error) => {
      assert.match(error.message, /SSO_PUBLIC_PORT.*SSO_DEVELOPMENT_CA/);
      return !error.message.includes('hunter2');
    },
  );
});

test('the log cuts secrets out wherever a room might pass them', () => {
  const lines: string[] = [];
  const log = createLog('info', { write: line => void lines.push(line) });
  const secret = { kind: 'Secret', data: { client_secret: 'hunter2' } };
  log.info({ secret, object: secret, nested: { object: secret }, token: 'hunter2', ...secret }, 'oops');
  assert.equal(lines.length, 1);
  assert.ok(!lines[0]?.includes('hunter2'), lines[0]);
});
