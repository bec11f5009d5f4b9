import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Acknowledgement, acknowledgement } from '#crds/schema/acknowledgement.ts';
import { ANNOTATIONS } from '#crds/schema/group.ts';
import type { ConfigMap, KubeObject, Secret } from '#crds/schema/kinds.ts';
import { connect } from '#crds/wire/api-server.ts';
import { type Cluster, CORE } from '#crds/wire/cluster.ts';
import type { Pair } from '#test/idp/tenants/fixture.ts';
import { makeTenant, type TenantWish } from '#test/idp/tenants/fixture.ts';
import { ask, type Told } from '#test/idp/web/wire.ts';
import { type ApiServer, startApiServer } from '#test/support/api-server.ts';
import { type Relay, startRelay } from '#test/support/api-server-relay.ts';
import { makeCa, type TestCa } from '#test/support/certificate.ts';
import { ACCOUNT_USERS, ACCOUNTS, installChart } from '#test/support/installation.ts';
import { freePort, type Program, startProgram, until } from '#test/support/program.ts';

/** IdP replicas as processes on a real API server, with the rights of the chart; the tests play the operator. */

const NAMESPACE = 'sso-idp';
const TYPES = { ConfigMap: CORE.configMaps, Secret: CORE.secrets } as const;

export interface Replica {
  name: string;
  port: number;
  program: Program;
  relay: Relay;
  isReady(): Promise<boolean>;
  /** The redirect URI of the wiki that this replica accepts, tried with an authorization request at `host`. */
  accepts(host: string, redirectUri: string): Promise<boolean>;
  get(host: string, path: string): Promise<Told>;
}

export interface IdpBench extends AsyncDisposable {
  api: ApiServer;
  admin: Cluster;
  replicas: Replica[];
  tenant(name: string, wish?: TenantWish): Promise<Pair>;
  put(pair: Pair): Promise<Pair>;
  drop(pair: Pair): Promise<void>;
  lease(replica: Replica): Promise<KubeObject | undefined>;
  said(replica: Replica): Promise<Acknowledgement>;
  /** Writes that the IdP did so far. */
  writes(): Promise<number>;
}

export async function startIdpBench(count: number): Promise<IdpBench> {
  const folder = await mkdtemp(join(tmpdir(), 'sso-idp-'));
  const api = await startApiServer({ users: ACCOUNT_USERS });
  await installChart(api);
  await writeFile(join(folder, 'ca.crt'), api.ca);
  await writeFile(join(folder, 'token'), api.token(ACCOUNTS.idp.name));
  const ca = await makeCa();
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const admin = connect(api.connection('admin'), { log, userAgent: 'test' });
  const replicas = await Promise.all(
    Array.from({ length: count }, (_, i) => startReplica({ name: `idp-${i}`, api, folder, ca })),
  );
  const lease = (replica: Replica) => admin.get<KubeObject>(CORE.leases, replica.name, NAMESPACE);
  const put = (pair: Pair) => putPair(admin, pair);
  return {
    api,
    admin,
    replicas,
    put,
    lease,
    tenant: async (name, wish) =>
      put(makeTenant(name, { certificatePem: await ca.issue([`${name}.localhost`]), ...wish })),
    drop: async pair => {
      for (const object of [pair.configMap, ...pair.secrets])
        await admin.delete(TYPES[object.kind], object.metadata.name, NAMESPACE);
    },
    said: async replica => {
      const annotation = (await lease(replica))?.metadata.annotations?.[ANNOTATIONS.loaded];
      return acknowledgement.parse(JSON.parse(annotation ?? 'null'));
    },
    writes: async () => (await api.writes(ACCOUNTS.idp.name)).length,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(replicas.map(replica => replica.program.stop()));
      await Promise.all(replicas.map(replica => replica.relay[Symbol.asyncDispose]()));
      await api[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Secrets first, as the operator does; the answer bears the resourceVersions of the API server. */
async function putPair(admin: Cluster, { configMap, secrets }: Pair): Promise<Pair> {
  const stored: Secret[] = [];
  for (const secret of secrets) stored.push(await apply(admin, secret));
  return { secrets: stored, configMap: await apply(admin, configMap) };
}

function apply<T extends ConfigMap | Secret>(admin: Cluster, object: T): Promise<T> {
  const { resourceVersion: _old, ...metadata } = object.metadata;
  return admin.apply(TYPES[object.kind], { ...object, metadata });
}

interface Place {
  name: string;
  api: ApiServer;
  folder: string;
  ca: TestCa;
}

async function startReplica({ name, api, folder, ca }: Place): Promise<Replica> {
  const relay = await startRelay(api.url);
  const [port, adminPort] = [await freePort(), await freePort()];
  const program = startProgram(['idp/main.ts'], {
    SSO_NAMESPACE: NAMESPACE,
    SSO_POD_NAME: name,
    SSO_POD_UID: `uid-of-${name}`,
    SSO_LISTEN: '127.0.0.1',
    SSO_HTTPS_PORT: String(port),
    SSO_ADMIN_PORT: String(adminPort),
    SSO_API_SERVER: relay.url,
    SSO_API_CA_FILE: join(folder, 'ca.crt'),
    SSO_API_TOKEN_FILE: join(folder, 'token'),
  });
  const get = (host: string, path: string): Promise<Told> =>
    ask({ port, plainPort: 0, ca: ca.ca }, { servername: host, path, headers: { host } });
  const replica: Replica = {
    name,
    port,
    program,
    relay,
    get,
    isReady: () =>
      ask({ port: 0, plainPort: adminPort, ca: '' }, { path: '/readyz' }).then(told => told.status === 200),
    accepts: async (host, redirectUri) => {
      const told = await get(host, `/auth?${authorization(redirectUri).toString()}`);
      if (told.status !== 303 && told.status !== 400) throw new Error(`${told.status} from ${name}`);
      return told.status === 303;
    },
  };
  await until(`${name} is ready`, async () => ((await replica.isReady()) ? true : undefined), 60);
  return replica;
}

function authorization(redirectUri: string): URLSearchParams {
  return new URLSearchParams({
    client_id: 'apps.wiki',
    response_type: 'code',
    scope: 'openid',
    redirect_uri: redirectUri,
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  });
}
