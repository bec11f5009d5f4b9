import assert from 'node:assert/strict';
import { request } from 'node:https';
import { after, before, test } from 'node:test';
import { type ApiServer, startApiServer } from '#test/support/api-server.ts';
import { ACCOUNT_USERS, ACCOUNTS, installChart } from '#test/support/installation.ts';
import { until } from '#test/support/program.ts';

/**
 * The operator's own account against objects that are not the operator's. RBAC lets it create, patch and delete Secrets and
 * ConfigMaps by name anywhere; what is refused here is refused by the chart's ValidatingAdmissionPolicy alone.
 */

let api: ApiServer;
const OWNER = 'sso-operator.dev/owner-uid';
const VALUE = Buffer.from('hunter2').toString('base64');

interface Answer {
  status: number;
  body: string;
}

interface Call {
  method: string;
  path: string;
  body?: unknown;
  type?: string;
}

function call({ method, path, body, type = 'application/json' }: Call, user = ACCOUNTS.operator.name): Promise<Answer> {
  const headers = { authorization: `Bearer ${api.token(user)}`, 'content-type': type };
  return new Promise((resolve, reject) => {
    const asked = request(`${api.url}${path}`, { method, ca: api.ca, headers, agent: false }, answer => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
    });
    asked.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const KINDS = { secrets: 'Secret', configmaps: 'ConfigMap' } as const;
type Plural = keyof typeof KINDS;

const at = (plural: Plural, name = '', query = '') =>
  `/api/v1/namespaces/apps/${plural}${name === '' ? '' : `/${name}`}${query}`;

function objectOf(plural: Plural, name: string, owner?: string): Record<string, unknown> {
  const labels = owner === undefined ? {} : { labels: { [OWNER]: owner } };
  const value = plural === 'secrets' ? VALUE : 'hunter2';
  return {
    apiVersion: 'v1',
    kind: KINDS[plural],
    metadata: { name, namespace: 'apps', ...labels },
    data: { password: value },
  };
}

const isRefused = ({ status, body }: Answer): void => {
  assert.equal(status, 403, body);
  assert.match(body, /ValidatingAdmissionPolicy 'sso-operator-writes'/);
  assert.ok(!body.includes('hunter2') && !body.includes(VALUE), body);
};

const isDone = ({ status, body }: Answer): void => assert.ok(status === 200 || status === 201, `${status} ${body}`);

before(async () => {
  api = await startApiServer({ users: ACCOUNT_USERS });
  await api.installCrds();
  await installChart(api);
  await api.kubectl(['create', 'namespace', 'apps']);
  for (const plural of ['secrets', 'configmaps'] as const) {
    isDone(await call({ method: 'POST', path: at(plural), body: objectOf(plural, 'foreign') }, 'admin'));
    isDone(await call({ method: 'POST', path: at(plural), body: objectOf(plural, 'ours', 'uid-1') }, 'admin'));
  }
  // The API server takes a policy up within a second or so.
  await until('the policy', async () => {
    const dry = { method: 'POST', path: at('secrets', '', '?dryRun=All'), body: objectOf('secrets', 'x') };
    return (await call(dry)).status === 403 ? true : undefined;
  });
});
after(async () => api[Symbol.asyncDispose]());

const MERGE = 'application/merge-patch+json';
const APPLY = 'application/apply-patch+yaml';
const FORCED = '?fieldManager=sso-operator&force=true';

for (const plural of ['secrets', 'configmaps'] as const) {
  test(`the operator creates no ${KINDS[plural]} without its label`, async () => {
    isRefused(await call({ method: 'POST', path: at(plural), body: objectOf(plural, 'new') }));
    isRefused(
      await call({ method: 'PATCH', path: at(plural, 'new', FORCED), body: objectOf(plural, 'new'), type: APPLY }),
    );
    isRefused(await call({ method: 'POST', path: at(plural), body: objectOf(plural, 'new', '') }));
  });

  test(`the operator deletes no ${KINDS[plural]} of others`, async () => {
    isRefused(await call({ method: 'DELETE', path: at(plural, 'foreign') }));
  });

  /** Every way to write one object; each could also be a way to read it, since a patch answers with the whole object. */
  const PATCHES: Record<string, Omit<Call, 'method' | 'path'> & { query?: string }> = {
    'a merge patch': { body: { data: { other: plural === 'secrets' ? VALUE : 'x' } }, type: MERGE },
    'an empty patch': { body: {}, type: MERGE },
    'a dry run': { body: {}, type: MERGE, query: '?dryRun=All' },
    'a strategic merge patch': { body: {}, type: 'application/strategic-merge-patch+json' },
    'a JSON patch': { body: [], type: 'application/json-patch+json' },
    'the label put on': { body: { metadata: { labels: { [OWNER]: 'uid-1' } } }, type: MERGE },
    'a forced apply that puts the label on': { body: objectOf(plural, 'foreign', 'uid-1'), type: APPLY, query: FORCED },
    'an apply of nothing': {
      body: { apiVersion: 'v1', kind: KINDS[plural], metadata: { name: 'foreign', namespace: 'apps' } },
      type: APPLY,
      query: `${FORCED}&dryRun=All`,
    },
  };

  for (const [name, { query = '', ...patch }] of Object.entries(PATCHES)) {
    test(`${name} neither changes nor reads a ${KINDS[plural]} of others`, async () => {
      isRefused(await call({ method: 'PATCH', path: at(plural, 'foreign', query), ...patch }));
      const { body } = await call({ method: 'GET', path: at(plural, 'foreign') }, 'admin');
      const { metadata, data } = JSON.parse(body) as { metadata: { labels?: object }; data: object };
      assert.deepEqual([metadata.labels, Object.keys(data)], [undefined, ['password']]);
    });
  }

  test(`the operator cannot let go of a ${KINDS[plural]} of its own, nor give it away`, async () => {
    for (const owner of [null, '', 'uid-2']) {
      const body = { metadata: { labels: { [OWNER]: owner } } };
      isRefused(await call({ method: 'PATCH', path: at(plural, 'ours'), body, type: MERGE }));
    }
  });

  test(`the operator writes and deletes its own ${KINDS[plural]}`, async () => {
    isDone(await call({ method: 'POST', path: at(plural), body: objectOf(plural, 'made', 'uid-1') }));
    const changed = { ...objectOf(plural, 'made', 'uid-1'), data: {} };
    isDone(await call({ method: 'PATCH', path: at(plural, 'made', FORCED), body: changed, type: APPLY }));
    isDone(await call({ method: 'PATCH', path: at(plural, 'made'), body: { data: { password: null } }, type: MERGE }));
    isDone(await call({ method: 'DELETE', path: at(plural, 'made') }));
  });
}

test('the operator makes no Secret that the cluster would fill with the token of an account', async () => {
  for (const type of ['kubernetes.io/service-account-token', 'bootstrap.kubernetes.io/token']) {
    const annotations = { 'kubernetes.io/service-account.name': 'default' };
    const metadata = { name: 'token', namespace: 'apps', labels: { [OWNER]: 'uid-1' }, annotations };
    isRefused(
      await call({ method: 'POST', path: at('secrets'), body: { apiVersion: 'v1', kind: 'Secret', metadata, type } }),
    );
  }
});

test('what the operator makes once it may make, only by its name and never again', async () => {
  for (const path of ['/api/v1/namespaces/sso-system/secrets', '/api/v1/namespaces/sso-idp/secrets']) {
    const namespace = path.split('/')[4];
    const name = namespace === 'sso-system' ? 'sso-development-ca' : 'sso-valkey';
    const bodyOf = (name: string) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace } });
    isDone(await call({ method: 'POST', path, body: bodyOf(name) }));
    isRefused(await call({ method: 'POST', path, body: bodyOf('another') }));
    isRefused(await call({ method: 'PATCH', path: `${path}/${name}`, body: { data: { a: VALUE } }, type: MERGE }));
    isRefused(await call({ method: 'DELETE', path: `${path}/${name}` }));
  }
});

test('nobody else is touched by the policy', async () => {
  isDone(
    await call(
      { method: 'PATCH', path: at('secrets', 'foreign'), body: { data: { more: VALUE } }, type: MERGE },
      'admin',
    ),
  );
});

test('without the policy the rights alone would let all of this through', async () => {
  const deleted = await api.kubectl(['delete', 'validatingadmissionpolicybinding', 'sso-operator-writes']);
  assert.equal(deleted.code, 0, deleted.stderr);
  const read = await until('the end of the policy', async () => {
    const answer = await call({
      method: 'PATCH',
      path: at('secrets', 'foreign', '?dryRun=All'),
      body: {},
      type: MERGE,
    });
    return answer.status === 200 ? answer : undefined;
  });
  assert.ok(read.body.includes(VALUE));
  isDone(await call({ method: 'DELETE', path: at('secrets', 'foreign') }));
});
