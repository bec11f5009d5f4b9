import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiServer, type ApiServerOptions, startApiServer } from './api-server.ts';
import { ACCOUNT_USERS, ACCOUNTS, installChart, NAMESPACES } from './installation.ts';
import { freePort, type Program, startProgram, until } from './program.ts';

/**
 * The whole product on a real API server: the operator and some IdP replicas as processes of their own, each with no
 * more rights than the chart gives. There is no kubelet here, so this file says in an EndpointSlice which replicas are
 * ready, as the cluster would: by asking /readyz.
 */

export interface Replica {
  name: string;
  port: number;
  adminPort: number;
  program: Program;
}

export interface House extends AsyncDisposable {
  api: ApiServer;
  operator: Program;
  replicas: Replica[];
  /** The port in every issuer; the first replica listens on it. */
  port: number;
  startOperator(): Program;
  /** kubectl as admin; throws with its stderr. */
  kubectl(...args: string[]): Promise<string>;
  apply(yaml: string): Promise<void>;
  get<T>(kind: string, namespace: string, name: string): Promise<T>;
  /** kubectl wait --for=condition=Ready */
  ready(kind: string, namespace: string, name: string): Promise<void>;
  /** PEM of the development CA. */
  ca(): Promise<string>;
}

const SERVICE = 'sso-idp';

export interface HouseOptions {
  replicas?: number;
  /** As SSO_STORE takes it. Default: one file for all replicas. */
  store?: string;
  /** Of whatever stands before the IdP. Default: the first replica itself. */
  publicPort?: number;
  /** More of the API server. */
  api?: Pick<ApiServerOptions, 'audited' | 'arguments'>;
  /** More settings of the two programs. */
  operator?: Record<string, string>;
  idp?: Record<string, string>;
}

export async function startHouse(options: HouseOptions = {}): Promise<House> {
  const folder = await mkdtemp(join(tmpdir(), 'sso-house-'));
  const api = await startApiServer({ ...options.api, users: ACCOUNT_USERS });
  await api.installCrds();
  await installChart(api);
  await writeFile(join(folder, 'ca.crt'), api.ca);
  await writeFile(join(folder, 'token'), api.token(ACCOUNTS.idp.name));
  const first = await freePort();
  const port = options.publicPort ?? first;
  const replicas: Replica[] = [];
  const { store = `sqlite:${join(folder, 'store.sqlite')}` } = options;
  for (let i = 0; i < (options.replicas ?? 1); i++) {
    const place = { index: i, port: i === 0 ? first : await freePort(), publicPort: port, store, env: options.idp };
    replicas.push(await startReplica(api, folder, place));
  }
  const startOperator = (): Program =>
    startProgram(['operator/main.ts'], { ...operatorEnv(api, port), ...options.operator });
  const house: House = {
    api,
    operator: startOperator(),
    replicas,
    port,
    startOperator,
    kubectl: (...args) => kubectl(api, args),
    apply: async yaml => void (await kubectl(api, ['apply', '-f', '-'], yaml)),
    get: async <T>(kind: string, namespace: string, name: string) =>
      JSON.parse(await kubectl(api, ['get', kind, name, '-n', namespace, '-o', 'json'])) as T,
    ready: async (kind, namespace, name) =>
      void (await kubectl(api, ['wait', '--for=condition=Ready', `${kind}/${name}`, '-n', namespace, '--timeout=30s'])),
    ca: () => readCa(api),
    [Symbol.asyncDispose]: async () => {
      await house.operator.stop();
      await Promise.all(replicas.map(replica => replica.program.stop()));
      await api[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await Promise.all(replicas.map(replica => until(`${replica.name} is ready`, () => isReady(replica))));
  await publishReady(api, replicas);
  return house;
}

function operatorEnv(api: ApiServer, port: number): Record<string, string> {
  return {
    KUBECONFIG: api.kubeconfig(ACCOUNTS.operator.name),
    SSO_NAMESPACE: NAMESPACES.operator,
    SSO_IDP_NAMESPACE: NAMESPACES.idp,
    SSO_IDP_SERVICE: SERVICE,
    SSO_PUBLIC_PORT: String(port),
    SSO_DEVELOPMENT_CA: 'true',
    SSO_HEALTH_PORT: '0',
    SSO_LISTEN: '127.0.0.1',
    SSO_LEASE_SECONDS: '3',
  };
}

interface Place {
  index: number;
  port: number;
  publicPort: number;
  store: string;
  env: Record<string, string> | undefined;
}

async function startReplica(api: ApiServer, folder: string, place: Place): Promise<Replica> {
  const name = `${SERVICE}-${place.index}`;
  const adminPort = await freePort();
  const program = startProgram(['idp/main.ts'], {
    SSO_SOURCE: 'kubernetes',
    SSO_NAMESPACE: NAMESPACES.idp,
    SSO_POD_NAME: name,
    SSO_POD_UID: `uid-of-${name}`,
    SSO_STORE: place.store,
    SSO_LISTEN: '127.0.0.1',
    SSO_HTTPS_PORT: String(place.port),
    SSO_HTTP_PORT: '0',
    SSO_ADMIN_PORT: String(adminPort),
    SSO_PUBLIC_PORT: String(place.publicPort),
    SSO_API_SERVER: api.url,
    SSO_API_CA_FILE: join(folder, 'ca.crt'),
    SSO_API_TOKEN_FILE: join(folder, 'token'),
    ...place.env,
  });
  return { name, port: place.port, adminPort, program };
}

function isReady(replica: Replica): Promise<true | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: replica.adminPort, path: '/readyz' }, answer => {
      answer.resume();
      resolve(answer.statusCode === 200 ? true : undefined);
    });
    asked.on('error', reject).end();
  });
}

/** What the kubelet and the endpoint controller would have written. */
export async function publishReady(api: ApiServer, replicas: { name: string }[]): Promise<void> {
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: SERVICE, namespace: NAMESPACES.idp, labels: { 'kubernetes.io/service-name': SERVICE } },
    addressType: 'IPv4',
    endpoints: replicas.map(({ name }, i) => ({
      addresses: [`10.0.0.${i + 1}`],
      conditions: { ready: true },
      targetRef: { kind: 'Pod', name, namespace: NAMESPACES.idp },
    })),
  };
  await kubectl(api, ['apply', '-f', '-'], JSON.stringify(slice));
}

async function readCa(api: ApiServer): Promise<string> {
  const path = ['get', 'secret', 'sso-development-ca', '-n', NAMESPACES.operator, '-o', 'jsonpath={.data.ca\\.crt}'];
  return until('the development CA', async () => Buffer.from(await kubectl(api, path), 'base64').toString());
}

async function kubectl(api: ApiServer, args: string[], stdin?: string): Promise<string> {
  const { code, stdout, stderr } = await api.kubectl(args, stdin);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
  return stdout;
}
