import assert from 'node:assert/strict';
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createRemoteJWKSet, customFetch, jwtVerify } from 'jose';
import * as openid from 'openid-client';
import type { Secret } from '#crds/schema/kinds.ts';
import { statePlace } from '#operator/cli/state.ts';
import { loopbackFetch } from '#operator/local/loopback.ts';
import { type LocalMode, startLocalMode } from '#test/support/local-mode.ts';
import { ROOT, until } from '#test/support/program.ts';

/** crds/examples/machine beside the quickstart: the job is openid-client, the API is jose, and each knows only its own side. */

const SYNC = 'acme-sync.yaml';
let mode: LocalMode;
before(async () => {
  mode = await startLocalMode();
  await cp(join(ROOT, 'crds', 'examples', 'machine', SYNC), join(mode.directory, SYNC));
  await live(0);
});
after(() => mode[Symbol.asyncDispose]());

/** Until the machine is said to be live, after so much of the output. */
const live = (mark: number) =>
  until(
    'the machine is live',
    async () => /team-acme\/sync +True +Succeeded/.test(mode.program.output().slice(mark)) || undefined,
  );

/** What the job reads from its Secret. */
async function credentials(): Promise<(key: string) => string> {
  const { folder } = statePlace(mode.state, mode.directory);
  const file = join(folder, 'cluster', 'namespaces', 'team-acme', 'secrets', 'sync-oidc.json');
  const { data = {} } = JSON.parse(await readFile(file, 'utf8')) as Secret;
  return key => Buffer.from(data[key] ?? '', 'base64').toString();
}

async function openJob(): Promise<openid.Configuration> {
  const read = await credentials();
  const fetching = { [openid.customFetch]: loopbackFetch(mode.ca) as openid.CustomFetch };
  const auth = openid.ClientSecretBasic(read('client_secret'));
  return openid.discovery(new URL(read('discovery_url')), read('client_id'), {}, auth, fetching);
}

test('the job gets a token that the API checks with the published keys alone', async () => {
  const read = await credentials();
  const job = await openJob();
  const { access_token: token, expires_in } = await openid.clientCredentialsGrant(job);
  assert.equal(expires_in, 600);
  const fetching = loopbackFetch(mode.ca);
  const keys = createRemoteJWKSet(new URL(read('jwks_url')), { [customFetch]: (url, init) => fetching(url, init) });
  const expected = { issuer: read('issuer'), audience: 'https://orders.acme.example', typ: 'at+jwt' };
  const { payload } = await jwtVerify(token, keys, { ...expected, algorithms: ['ES256'] });
  assert.deepEqual([payload.sub, payload['client_id']], ['team-acme.sync', 'team-acme.sync']);
  await assert.rejects(jwtVerify(token, keys, { ...expected, audience: 'https://stock.acme.example' }));
  const other = await openid.clientCredentialsGrant(job, { resource: 'https://stock.acme.example' });
  await jwtVerify(other.access_token, keys, { ...expected, audience: 'https://stock.acme.example' });
});

test('an API that is taken off the list is refused once the change is live', async () => {
  const job = await openJob();
  const mark = mode.program.output().length;
  await mode.edit(SYNC, '    - https://stock.acme.example\n', '');
  await live(mark);
  await assert.rejects(openid.clientCredentialsGrant(job, { resource: 'https://stock.acme.example' }), {
    error: 'invalid_target',
  });
  assert.ok((await openid.clientCredentialsGrant(job)).access_token);
});

test('what a machine cannot have is told where its author looks', async () => {
  const mark = mode.program.output().length;
  await mode.edit(SYNC, '  type: Machine\n', '  type: Machine\n  scopes: [openid]\n');
  const told = await until('it is told', async () =>
    /acme-sync\.yaml:\d+:\d+: spec\.scopes: .*/.exec(mode.program.output().slice(mark))?.at(0),
  );
  assert.match(told, /a Machine has no scopes: no person signs in to it/);
  assert.ok((await openid.clientCredentialsGrant(await openJob())).access_token);
});
