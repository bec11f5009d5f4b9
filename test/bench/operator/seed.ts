import { ANNOTATIONS, LABELS } from '#crds/schema/group.ts';
import type { KubeObject } from '#crds/schema/kinds.ts';
import { until } from '#test/support/program.ts';
import { inFlight, type RawClient } from './raw.ts';
import type { Scene } from './scene.ts';

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

/** The operator must run: resolves when all are Ready. */
export async function seedTenants({ ready }: Scene, raw: RawClient, count: number): Promise<void> {
  await seedNamespace(raw, TENANTS);
  const people = { name: 'people', namespace: TENANTS, labels: { [LABELS.readable]: 'true' } };
  await raw.write({
    method: 'POST',
    path: `/api/v1/namespaces/${TENANTS}/secrets`,
    body: { metadata: people, stringData: { 'users.yaml': USERS } },
  });
  await inFlight(count, turn =>
    raw.write({ method: 'POST', path: `${GROUP_PATH}/${TENANTS}/ssotenants`, body: tenantOf(tenantName(turn)) }),
  );
  await until('all tenants are ready', async () => (ready.get(TENANTS) === count ? true : undefined), 60 + count);
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
