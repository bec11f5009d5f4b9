import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ConfigMap, KubeObject, OidcClient, Secret, SsoTenant } from '#crds/schema/kinds.ts';
import { renderObjects } from '#test/charts/matrix.ts';
import type { AuditLine } from '#test/support/api-server-files.ts';
import { type House, startHouse } from '#test/support/house.ts';
import { ACCOUNTS, NAMESPACES } from '#test/support/installation.ts';
import { until } from '#test/support/program.ts';
import { applyQuickstart, RESOURCES } from '#test/support/quickstart.ts';
import { clientOf, tenantOf, usersSecret } from './operator-bench.ts';

/**
 * Both programs live through everything they are made for, with the chart's own roles, and the API server keeps a record
 * of what they asked. Nothing was forbidden, and nothing is granted that nobody asked for.
 */

let house: House;

/** Only the kind: what cert-manager does with it is another test's matter. */
const CERTIFICATE_CRD = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'certificates.cert-manager.io' },
  spec: {
    group: 'cert-manager.io',
    scope: 'Namespaced',
    names: { kind: 'Certificate', plural: 'certificates' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};

const INGRESS_CLASS = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IngressClass',
  metadata: { name: 'haproxy' },
  spec: { controller: 'haproxy-ingress.github.io/controller' },
};

const apply = (object: object): Promise<void> => house.apply(JSON.stringify(object));
const patch = (kind: string, namespace: string, name: string, body: object): Promise<string> =>
  house.kubectl('patch', kind, name, '-n', namespace, '--type=merge', '-p', JSON.stringify(body));
const remove = (kind: string, namespace: string, name: string): Promise<string> =>
  house.kubectl('delete', kind, name, '-n', namespace, '--wait=false');
const find = <T extends KubeObject>(kind: string, namespace: string, name: string): Promise<T | undefined> =>
  house.get<T>(kind, namespace, name).catch(() => undefined);
const gone = (kind: string, namespace: string, name: string): Promise<true> =>
  until(`${kind} ${namespace}/${name} is gone`, async () => ((await find(kind, namespace, name)) ? undefined : true));
const childOf = async (tenant: string): Promise<string> =>
  `sso-t-${(await house.get<SsoTenant>('ssotenant', 'shop', tenant)).metadata.uid}`;

before(async () => {
  house = await startHouse({
    // An older API server: a watch begins with a list.
    api: { audited: 'everything', arguments: ['--feature-gates=WatchList=false'] },
    operator: {
      SSO_ISSUERS: 'ClusterIssuer/letsencrypt',
      SSO_STORE_SECRET: 'sso-valkey',
      SSO_SECRET_RECHECK_SECONDS: '1',
    },
  });
  await apply(CERTIFICATE_CRD);
  await apply(INGRESS_CLASS);
  await applyQuickstart(house, 8444);
  for (const [kind, namespace, name] of RESOURCES) await house.ready(kind, namespace, name);
});
after(() => house[Symbol.asyncDispose]());

test('the operator makes the password of the store once and leaves it alone', async () => {
  const { data = {} } = await house.get<Secret>('secret', NAMESPACES.idp, 'sso-valkey');
  assert.equal(Buffer.from(data['password'] ?? '', 'base64').toString().length, 43);
  await house.operator.stop();
  house.operator = house.startOperator();
  await patch('oidcclient', 'team-acme', 'wiki', { spec: { redirectUris: ['https://moved.example/callback'] } });
  await house.kubectl('wait', '--for=condition=Ready', 'oidcclient/wiki', '-n', 'team-acme', '--timeout=30s');
  assert.deepEqual((await house.get<Secret>('secret', NAMESPACES.idp, 'sso-valkey')).data, data);
});

test('what is edited, and what drifted, is put right beside the applications', async () => {
  await patch('oidcclient', 'analytics', 'reports', { spec: { secret: { keys: { issuer: ['ISSUER'] } } } });
  await until('the new key', async () =>
    (await find<Secret>('secret', 'analytics', 'reports-sso'))?.data?.['ISSUER'] === undefined ? undefined : true,
  );
  await patch('configmap', 'sales', 'crm-saml', { data: { strange: 'yes' } });
  await until('the ConfigMap as it was', async () =>
    (await find<ConfigMap>('configmap', 'sales', 'crm-saml'))?.data?.['strange'] === undefined ? true : undefined,
  );
});

test('a Certificate or Ingress of somebody else is looked at and left alone; our own are put right and taken away', async () => {
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  await apply(usersSecret('shop'));
  await apply(tenantOf('shop', 'issued', { exposure: { none: {} } }));
  await apply(tenantOf('shop', 'published'));
  await house.ready('ssotenant', 'shop', 'published');
  const foreign = (apiVersion: string, kind: string, name: string): object => ({
    apiVersion,
    kind,
    metadata: { name, namespace: NAMESPACES.idp },
    spec: { defaultBackend: { service: { name: 'theirs', port: { number: 80 } } } },
  });
  const [certificate, ingress] = [await childOf('issued'), await childOf('published')];
  await apply(foreign('cert-manager.io/v1', 'Certificate', certificate));
  await apply(foreign('networking.k8s.io/v1', 'Ingress', ingress));
  const issuerRef = { kind: 'ClusterIssuer', name: 'letsencrypt' };
  await patch('ssotenant', 'shop', 'issued', { spec: { certificate: { issuerRef }, exposure: null } });
  await patch('ssotenant', 'shop', 'published', { spec: { exposure: { ingress: { className: 'haproxy' } } } });
  for (const [kind, name] of [
    ['certificates', certificate],
    ['ingresses', ingress],
  ] as const) {
    const asked = async () =>
      (await house.api.asked(ACCOUNTS.operator.name)).some(it => it.verb === 'get' && it.resource === kind);
    await until(`the foreign ${kind}`, async () => ((await asked()) ? true : undefined));
    await remove(kind, NAMESPACES.idp, name);
    const mine = async () => ((await find(kind, NAMESPACES.idp, name))?.metadata.labels ? true : undefined);
    await until(`our ${kind}`, mine);
    await patch(kind, NAMESPACES.idp, name, { metadata: { labels: { 'sso-operator.dev/tenant-uid': 'drifted' } } });
    await until(`${kind} as they were`, async () => {
      const labels = (await find(kind, NAMESPACES.idp, name))?.metadata.labels ?? {};
      return labels['sso-operator.dev/tenant-uid'] === 'drifted' ? undefined : true;
    });
  }
  for (const tenant of ['issued', 'published']) await remove('ssotenant', 'shop', tenant);
  await gone('certificate', NAMESPACES.idp, certificate);
  await gone('ingress', NAMESPACES.idp, ingress);
});

test('what was deleted while the operator was away is taken away, also beside the applications', async () => {
  await apply(clientOf('analytics', 'second', { tenantRef: { name: 'acme', namespace: 'team-acme' } }));
  await house.ready('oidcclient', 'analytics', 'second');
  const { uid } = (await house.get<OidcClient>('oidcclient', 'analytics', 'second')).metadata;
  const globex = (await house.get<SsoTenant>('ssotenant', 'team-globex', 'globex')).metadata.uid;
  await house.operator.stop();
  await remove('oidcclient', 'analytics', 'second');
  await remove('samlclient', 'sales', 'crm');
  await remove('ssotenant', 'team-globex', 'globex');
  house.operator = house.startOperator();
  await gone('secret', 'analytics', 'second-oidc');
  await gone('configmap', 'sales', 'crm-saml');
  await gone('configmap', NAMESPACES.idp, `sso-c-${uid}`);
  await gone('secret', NAMESPACES.idp, `sso-t-${globex}-keys`);
});

interface Grant {
  account: string;
  /** Namespace; `cluster`: everywhere. */
  scope: string;
  group: string;
  resource: string;
  verb: string;
}

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
  resourceNames?: string[];
}

type Rbac = KubeObject & {
  rules?: Rule[];
  roleRef?: { kind: string; name: string };
  subjects?: { namespace: string; name: string }[];
};

/** Every single right that the chart's bindings give. */
function grantsOf(objects: Rbac[]): Grant[] {
  return objects.flatMap(({ kind, metadata, roleRef, subjects = [] }) => {
    if (roleRef === undefined) return [];
    const { namespace } = metadata;
    const role = objects.find(
      it => it.kind === roleRef.kind && it.metadata.name === roleRef.name && it.metadata.namespace === namespace,
    );
    assert.ok(role?.rules, `${kind} ${metadata.name} binds no role of the chart`);
    const scope = namespace ?? 'cluster';
    return subjects.flatMap(subject => {
      const account = `system:serviceaccount:${subject.namespace}:${subject.name}`;
      return (role.rules ?? []).flatMap(rule => unfold(rule).map(right => ({ account, scope, ...right })));
    });
  });
}

function unfold({ apiGroups, resources, verbs, resourceNames }: Rule): Pick<Grant, 'group' | 'resource' | 'verb'>[] {
  assert.equal(resourceNames, undefined);
  assert.ok(![...apiGroups, ...resources, ...verbs].includes('*'), 'a right over everything');
  return apiGroups.flatMap(group => resources.flatMap(resource => verbs.map(verb => ({ group, resource, verb }))));
}

/** A server-side apply that made the object needed both rights. */
const verbsOf = ({ verb, code }: AuditLine): string[] =>
  verb === 'patch' && code === 201 ? ['patch', 'create'] : [verb];

/** A right over the whole cluster is needed only where it was used outside of the two namespaces. */
const inScope = (scope: string, { namespace }: AuditLine): boolean =>
  scope === 'cluster' ? namespace !== NAMESPACES.operator && namespace !== NAMESPACES.idp : namespace === scope;

function isUsed(grant: Grant, lines: readonly AuditLine[]): boolean {
  return lines.some(
    line =>
      line.user === grant.account &&
      line.group === grant.group &&
      [line.resource, line.subresource].filter(Boolean).join('/') === grant.resource &&
      verbsOf(line).includes(grant.verb) &&
      inScope(grant.scope, line),
  );
}

const record = async (): Promise<AuditLine[]> =>
  (await Promise.all(Object.values(ACCOUNTS).map(({ name }) => house.api.asked(name)))).flat();

test('nothing that the two programs asked was forbidden', async () => {
  const lines = await record();
  assert.ok(lines.length > 100);
  assert.deepEqual(
    lines.filter(({ code }) => code === 401 || code === 403),
    [],
  );
});

test('every right that the chart grants was used', async t => {
  const grants = grantsOf(await renderObjects());
  const lines = (await record()).filter(({ code }) => code < 300 || code === 404);
  for (const { account, scope, group, resource, verb } of grants)
    t.diagnostic(`${account.replace(/^.*:/, '')} ${scope} ${group || 'core'}/${resource} ${verb}`);
  assert.ok(grants.length > 30);
  assert.deepEqual(
    grants.filter(grant => !isUsed(grant, lines)),
    [],
  );
});

test('a right too many would be seen', async () => {
  const [first] = grantsOf(await renderObjects());
  const lines = await record();
  assert.ok(first !== undefined && isUsed(first, lines));
  assert.ok(!isUsed({ ...first, verb: 'deletecollection' }, lines));
  assert.ok(!isUsed({ ...first, scope: 'analytics', resource: 'secrets', group: '', verb: 'list' }, lines));
});
