import type { Acknowledgement } from '#crds/schema/acknowledgement.ts';
import { ANNOTATIONS, LABELS } from '#crds/schema/group.ts';
import type {
  AnyResource,
  ConfigMap,
  Kind,
  KubeObject,
  OidcClient,
  SamlClient,
  Secret,
  SsoTenant,
} from '#crds/schema/kinds.ts';
import { connect } from '#crds/wire/api-server.ts';
import { type Cluster, CORE } from '#crds/wire/cluster.ts';
import { createRecorder } from '#crds/wire/events.ts';
import { openDevelopmentCa } from '#operator/local/development-ca.ts';
import { startControllers } from '#operator/reconcile/index.ts';
import type { Controllers, Parts, ReconcileSettings } from '#operator/reconcile/parts.ts';
import { OURS } from '#operator/reconcile/types.ts';
import { parseDomainClaims } from '#operator/rules/domain.ts';
import { systemClock } from '#operator/runtime/clock.ts';
import { type ApiServer, startApiServer } from '#test/support/api-server.ts';
import { ACCOUNT_USERS, ACCOUNTS, installChart } from '#test/support/installation.ts';
import { until } from '#test/support/program.ts';

/**
 * The controllers in this process, with the operator's own rights, on a real API server. Leases and EndpointSlices are
 * real objects that the test writes as an IdP and its cluster would.
 */

export const IDP = 'sso-idp';
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

export interface Bench extends AsyncDisposable {
  api: ApiServer;
  /** As system:masters. */
  admin: Cluster;
  start(options?: { settings?: Partial<ReconcileSettings>; parts?: Partial<Parts> }): Promise<Running>;
  namespace(name: string, labels?: Record<string, string>): Promise<void>;
  apply(object: object): Promise<void>;
  tenant(namespace: string, name: string): Promise<SsoTenant | undefined>;
  client(namespace: string, name: string): Promise<OidcClient | undefined>;
  samlClient(namespace: string, name: string): Promise<SamlClient | undefined>;
  secret(namespace: string, name: string): Promise<Secret | undefined>;
  /** In any namespace. */
  plainConfigMap(namespace: string, name: string): Promise<ConfigMap | undefined>;
  configMap(uid: string, prefix: 't' | 'c'): Promise<ConfigMap | undefined>;
  children(): Promise<KubeObject[]>;
  /** Waits until a condition has this status and, when given, reason. */
  condition(object: Subject, type: string, wanted: Wanted): Promise<void>;
  ready(object: Subject): Promise<void>;
}

export interface Subject {
  kind: Kind;
  namespace: string;
  name: string;
}

export interface Running {
  controllers: Controllers;
  stop(): void;
}

export async function startBench(): Promise<Bench> {
  const api = await startApiServer({ users: ACCOUNT_USERS });
  await api.installCrds();
  await installChart(api);
  const admin = connect(api.connection('admin'), { log: quiet, userAgent: 'test/1' });
  const running = new Set<Running>();
  let ca: { cert: string; key: string } | undefined;
  const bench: Bench = {
    api,
    admin,
    async start({ settings = {}, parts = {} } = {}) {
      const abort = new AbortController();
      const cluster = connect(api.connection(ACCOUNTS.operator.name), { log: quiet, userAgent: 'sso-operator/test' });
      const store = { load: async () => ca, save: async (pair: { cert: string; key: string }) => void (ca = pair) };
      const controllers = startControllers(
        {
          cluster,
          settings: {
            idpNamespace: IDP,
            idpService: IDP,
            publicPort: 8443,
            domainClaims: parseDomainClaims('localhost=*'),
            missingSecretSeconds: 0.3,
            ...settings,
          },
          clock: systemClock,
          log: quiet,
          events: createRecorder({
            cluster,
            clock: systemClock,
            log: quiet,
            controller: 'sso-operator.dev/operator',
            instance: 'test',
          }),
          certificateIssuer: await openDevelopmentCa({ store, now: () => new Date() }),
          ...parts,
        },
        abort.signal,
      );
      const started = { controllers, stop: () => abort.abort() };
      running.add(started);
      await controllers.synced;
      return started;
    },
    namespace: (name, labels = {}) => apply(api, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }),
    apply: object => apply(api, object),
    tenant: (namespace, name) => admin.get<SsoTenant>(OURS.SsoTenant, name, namespace),
    client: (namespace, name) => admin.get<OidcClient>(OURS.OidcClient, name, namespace),
    samlClient: (namespace, name) => admin.get<SamlClient>(OURS.SamlClient, name, namespace),
    plainConfigMap: (namespace, name) => admin.get<ConfigMap>(CORE.configMaps, name, namespace),
    secret: (namespace, name) => admin.get<Secret>(CORE.secrets, name, namespace),
    configMap: (uid, prefix) => admin.get<ConfigMap>(CORE.configMaps, `sso-${prefix}-${uid}`, IDP),
    children: () => children(api),
    condition: (subject, type, wanted) => condition(admin, subject, type, wanted),
    ready: subject => condition(admin, subject, 'Ready', { status: 'True' }),
    async [Symbol.asyncDispose]() {
      for (const started of running) started.stop();
      await api[Symbol.asyncDispose]();
    },
  };
  return bench;
}

async function apply(api: ApiServer, object: object): Promise<void> {
  const { code, stderr } = await api.kubectl(
    ['apply', '--server-side', '--force-conflicts', '-f', '-'],
    JSON.stringify(object),
  );
  if (code !== 0) throw new Error(stderr);
}

interface Wanted {
  status: string;
  reason?: string;
}

async function condition(admin: Cluster, subject: Subject, type: string, wanted: Wanted): Promise<void> {
  const { kind, namespace, name } = subject;
  let object: AnyResource | undefined;
  try {
    await until(
      `${kind} ${namespace}/${name} has ${type} ${JSON.stringify(wanted)}`,
      async () => {
        object = await admin.get<AnyResource>(OURS[kind], name, namespace);
        return object !== undefined && isMet(object, type, wanted) ? true : undefined;
      },
      15,
    );
  } catch (failure) {
    throw new Error(`${String(failure)}\n${JSON.stringify(object?.status)}`, { cause: failure });
  }
}

function isMet({ metadata, status }: AnyResource, type: string, wanted: Wanted): boolean {
  const found = status?.conditions?.find(it => it.type === type && it.observedGeneration === metadata.generation);
  return found?.status === wanted.status && (wanted.reason === undefined || wanted.reason === found.reason);
}

/** Everything of ours in the IdP's namespace. */
async function children(api: ApiServer): Promise<KubeObject[]> {
  const args = ['get', 'configmaps,secrets', '-n', IDP, '-l', LABELS.ownerUid, '-o', 'json'];
  const { stdout } = await api.kubectl(args);
  return (JSON.parse(stdout) as { items: KubeObject[] }).items;
}

/** A replica that is ready and says what it has loaded; `undefined`: it has no Lease. */
export async function publishReplicas(
  bench: Bench,
  replicas: Record<string, Partial<Acknowledgement> | undefined>,
): Promise<void> {
  for (const [name, said] of Object.entries(replicas)) {
    if (said === undefined) continue;
    const loaded: Acknowledgement = {
      format: 1,
      configMaps: '0',
      secrets: '0',
      rejected: [],
      rejectedMore: false,
      ...said,
    };
    await bench.admin.apply(CORE.leases, {
      apiVersion: CORE.leases.apiVersion,
      kind: 'Lease',
      metadata: {
        name,
        namespace: IDP,
        labels: { [LABELS.replica]: name },
        annotations: { [ANNOTATIONS.loaded]: JSON.stringify(loaded) },
      },
    });
  }
  await bench.apply({
    apiVersion: CORE.endpointSlices.apiVersion,
    kind: 'EndpointSlice',
    metadata: { name: IDP, namespace: IDP, labels: { 'kubernetes.io/service-name': IDP } },
    addressType: 'IPv4',
    endpoints: Object.keys(replicas).map((name, i) => ({
      addresses: [`10.0.0.${i + 1}`],
      conditions: { ready: true },
      targetRef: { kind: 'Pod', name, namespace: IDP },
    })),
  });
}

/** A number that no resourceVersion of a test reaches: everything is loaded, also what comes later. */
export const EVERYTHING = { configMaps: '9000000', secrets: '9000000' };

export const USERS = `users:
- username: ada
  password: $argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$3n9BBKDLpnOTnCBuXsCEvQHn0vJv0BuZpYYJtFV0lzQ
  groups: [staff]
`;

export function usersSecret(namespace: string, name = 'people', text = USERS): object {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace, labels: { [LABELS.readable]: 'true' } },
    stringData: { 'users.yaml': text },
  };
}

export function tenantOf(namespace: string, name: string, spec: object = {}): object {
  return {
    apiVersion: 'sso-operator.dev/v1alpha1',
    kind: 'SsoTenant',
    metadata: { name, namespace },
    spec: {
      domain: `${name}.localhost`,
      identitySources: [{ name: 'people', users: { secretRef: { name: 'people' } } }],
      ...spec,
    },
  };
}

export function clientOf(namespace: string, name: string, spec: object = {}): object {
  return {
    apiVersion: 'sso-operator.dev/v1alpha1',
    kind: 'OidcClient',
    metadata: { name, namespace },
    spec: {
      tenantRef: { name: 'acme', namespace: 'team-acme' },
      type: 'Confidential',
      redirectUris: ['https://app.example/cb'],
      access: { everyone: true },
      ...spec,
    },
  };
}

export function samlClientOf(namespace: string, name: string, spec: object = {}): object {
  return {
    apiVersion: 'sso-operator.dev/v1alpha1',
    kind: 'SamlClient',
    metadata: { name, namespace },
    spec: { tenantRef: { name: 'acme', namespace: 'team-acme' }, access: { everyone: true }, ...spec },
  };
}

/** What makes a SamlClient known by fields. */
export function samlFields(entityId: string, more: object = {}): object {
  return { entityId, assertionConsumerServices: [{ url: 'https://app.example/acs' }], ...more };
}

export function configMapOf(namespace: string, name: string, data: Record<string, string>): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data };
}
