import { ANNOTATIONS, LABELS } from '#crds/schema/group.ts';
import type { KubeObject, Secret } from '#crds/schema/kinds.ts';
import { CORE } from '#crds/wire/cluster.ts';
import { OURS } from '#operator/reconcile/types.ts';
import { tenantChild } from '#operator/render/names.ts';
import { NAMESPACES } from '#test/support/installation.ts';
import { until } from '#test/support/program.ts';
import { inFlight, type RawClient } from './raw.ts';
import type { Operator, Scene } from './scene.ts';

/** What people apply: namespaces, tenants and clients, as a bulk of plain creates, 32 at a time. */

export const TENANTS = 'bench-tenants';
const GROUP_PATH = '/apis/sso-operator.dev/v1alpha1/namespaces';

const USERS = `users:
- username: ada
  password: $argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$3n9BBKDLpnOTnCBuXsCEvQHn0vJv0BuZpYYJtFV0lzQ
  groups: [staff]
`;

export const tenantName = (turn: number): string => `t${turn}`;

export async function seedNamespace(raw: RawClient, name: string): Promise<void> {
  await raw.write({ method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name } } });
}

const tenantPath = `${GROUP_PATH}/${TENANTS}/ssotenants`;
const keysPath = `/api/v1/namespaces/${NAMESPACES.idp}/secrets`;

/**
 * Tenants `from` to `count`; resolves when all are Ready. The first one gets its keys from the operator, the others get
 * copies, while it is frozen: two RSA keys for each of a thousand would take minutes.
 */
export async function seedTenants(scene: Scene, raw: RawClient, operator: Operator, wanted: Wanted): Promise<void> {
  const { count, from = 0 } = wanted;
  const create = (turn: number): Promise<KubeObject> =>
    raw.write({ method: 'POST', path: tenantPath, body: tenantOf(tenantName(turn)) });
  if (from === 0) {
    await seedPeople(raw);
    await create(0);
    await ready(scene, 1);
  }
  const keys = await keysOf(scene);
  const first = Math.max(1, from);
  operator.program.signal('SIGSTOP');
  await inFlight(count - first, async turn => {
    const { uid = '' } = (await create(first + turn)).metadata;
    await raw.write({ method: 'POST', path: keysPath, body: copyOfKeys(keys, tenantName(first + turn), uid) });
  });
  operator.program.signal('SIGCONT');
  await ready(scene, count);
}

export interface Wanted {
  count: number;
  /** So many are there already. */
  from?: number;
}

async function ready({ ready: counted }: Scene, count: number): Promise<void> {
  await until('all tenants are ready', async () => (counted.get(TENANTS) === count ? true : undefined), 60 + count);
}

async function seedPeople(raw: RawClient): Promise<void> {
  await seedNamespace(raw, TENANTS);
  const metadata = { name: 'people', namespace: TENANTS, labels: { [LABELS.readable]: 'true' } };
  const path = `/api/v1/namespaces/${TENANTS}/secrets`;
  await raw.write({ method: 'POST', path, body: { metadata, stringData: { 'users.yaml': USERS } } });
}

async function keysOf({ admin }: Scene): Promise<Secret> {
  const tenant = await admin.get(OURS.SsoTenant, tenantName(0), TENANTS);
  const keys = await admin.get<Secret>(CORE.secrets, tenantChild.keys(tenant?.metadata.uid ?? ''), NAMESPACES.idp);
  if (keys === undefined) throw new Error('the first tenant has no keys');
  return keys;
}

function copyOfKeys({ type, data, metadata }: Secret, name: string, uid: string): object {
  const labels = { ...metadata.labels, [LABELS.ownerUid]: uid, [LABELS.tenantUid]: uid };
  const annotations = { ...metadata.annotations, [ANNOTATIONS.owner]: `${TENANTS}/${name}` };
  return { type, data, metadata: { name: tenantChild.keys(uid), namespace: NAMESPACES.idp, labels, annotations } };
}

function tenantOf(name: string): object {
  return {
    apiVersion: 'sso-operator.dev/v1alpha1',
    kind: 'SsoTenant',
    metadata: { name, namespace: TENANTS },
    spec: {
      domain: `${name}.localhost`,
      displayName: `Bench ${name}`,
      clients: { from: 'All' },
      identitySources: [{ name: 'people', users: { secretRef: { name: 'people' } } }],
    },
  };
}

export interface Bulk {
  namespace: string;
  count: number;
  tenants: number;
  /** The operator leaves them alone. */
  isDisabled?: boolean;
}

export const clientPath = (namespace: string, name?: string): string =>
  [`${GROUP_PATH}/${namespace}/oidcclients`, ...(name === undefined ? [] : [name])].join('/');

export function clientOf({ namespace, tenants, isDisabled = false }: Bulk, turn: number): object {
  return {
    apiVersion: 'sso-operator.dev/v1alpha1',
    kind: 'OidcClient',
    metadata: {
      name: `app-${turn}`,
      namespace,
      ...(isDisabled ? { annotations: { [ANNOTATIONS.reconcile]: 'disabled' } } : {}),
    },
    spec: {
      tenantRef: { name: tenantName(turn % tenants), namespace: TENANTS },
      displayName: `Application ${turn}`,
      type: 'Confidential',
      redirectUris: [`https://app-${turn}.example/callback`, `https://app-${turn}.example/silent`],
      postLogoutRedirectUris: [`https://app-${turn}.example/`],
      grantTypes: ['authorization_code', 'refresh_token'],
      scopes: ['openid', 'profile', 'email', 'offline_access'],
      access: { groups: ['staff'] },
    },
  };
}

export async function seedClients(raw: RawClient, bulk: Bulk): Promise<KubeObject[]> {
  const made: KubeObject[] = [];
  await inFlight(bulk.count, async turn => {
    const asked = { method: 'POST', path: clientPath(bulk.namespace), body: clientOf(bulk, turn) } as const;
    made[turn] = await raw.write(asked);
  });
  return made;
}
