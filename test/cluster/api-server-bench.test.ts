import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { findBinaries } from '../support/api-server-binaries.ts';

/** What a newcomer reads when the API server of the tests cannot be had. */

test('KUBEBUILDER_ASSETS without the programs says what is missing', async () => {
  const wrong = findBinaries({ KUBEBUILDER_ASSETS: tmpdir() });
  await assert.rejects(wrong, /KUBEBUILDER_ASSETS is .* lacks one of kube-apiserver, etcd, kubectl/);
});

test('without Go and with an empty cache, the message says what to install', async t => {
  const cache = await mkdtemp(join(tmpdir(), 'sso-operator-cache-'));
  t.after(() => rm(cache, { recursive: true }));
  await assert.rejects(findBinaries({ XDG_CACHE_HOME: cache, PATH: '/nowhere' }), /Install Go .*KUBEBUILDER_ASSETS/s);
  // The lock is gone again: a second attempt says the same instead of waiting.
  await assert.rejects(findBinaries({ XDG_CACHE_HOME: cache, PATH: '/nowhere' }), /Install Go/);
});
