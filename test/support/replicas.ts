import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as requestPlain } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { hashPassword, PASSWORD, SECRET, sha256 } from '#test/idp/oidc/fixture.ts';
import { makeClient, makeSecret, makeTenant, type Pair, pointerTo } from '#test/idp/tenants/fixture.ts';
import { makeCa } from './certificate.ts';
import { freePort, type Program, startProgram, until } from './program.ts';

/**
 * Some replicas of the IdP as processes of their own, on one folder of configuration and one shared store; no cluster.
 * Each tenant has one person, alice, and one application, `apps.<tenant>`, of the house or one that asks for consent.
 */

export { PASSWORD, SECRET };

export interface RunningReplica {
  port: number;
  adminPort: number;
  program: Program;
}

export interface Replicas extends AsyncDisposable {
  ca: string;
  /** The port in every issuer; the first replica listens on it. */
  port: number;
  all: RunningReplica[];
  issuer(tenant: string): string;
  /** The body of a page of the admin port. */
  admin(replica: RunningReplica, path: string): Promise<{ status: number; body: string }>;
}

export interface ReplicasOptions {
  store: string;
  count?: number;
  tenants?: { name: string; uid: string }[];
  skipConsent?: boolean;
  /** Further settings of every replica. */
  env?: Record<string, string>;
}

export async function startReplicas(options: ReplicasOptions): Promise<Replicas> {
  const folder = await mkdtemp(join(tmpdir(), 'sso-replicas-'));
  const authority = await makeCa();
  const port = await freePort();
  for (const tenant of options.tenants ?? [{ name: 'acme', uid: 'uid-acme' }]) {
    const certificatePem = await authority.issue([`${tenant.name}.localhost`]);
    await writePairs(folder, [tenantOf(tenant, port, certificatePem), clientOf(tenant, options.skipConsent ?? true)]);
  }
  const all: RunningReplica[] = [];
  for (let i = 0; i < (options.count ?? 2); i++)
    all.push(
      await startReplica({ folder, index: i, port: i === 0 ? port : await freePort(), publicPort: port }, options),
    );
  const replicas: Replicas = {
    ca: authority.ca,
    port,
    all,
    issuer: tenant => `https://${tenant}.localhost:${port}`,
    admin: (replica, path) => askAdmin(replica.adminPort, path),
    async [Symbol.asyncDispose]() {
      await Promise.all(all.map(replica => replica.program.stop()));
      await rm(folder, { recursive: true, force: true });
    },
  };
  await Promise.all(
    all.map(replica =>
      until('the replica is ready', async () =>
        (await replicas.admin(replica, '/readyz')).status === 200 ? true : undefined,
      ),
    ),
  );
  return replicas;
}

function tenantOf(tenant: { name: string; uid: string }, port: number, certificatePem: { cert: string; key: string }) {
  const usersYaml = JSON.stringify({
    users: [{ username: 'alice', password: hashPassword(PASSWORD), name: 'Alice Example', groups: [] }],
  });
  const issuer = `https://${tenant.name}.localhost:${port}`;
  return makeTenant(tenant.name, { uid: tenant.uid, displayName: 'Acme', issuer, certificatePem, usersYaml });
}

function clientOf({ name, uid }: { name: string; uid: string }, skipConsent: boolean): Pair {
  const credentials = makeSecret(`sso-c-uid-of-${name}-credentials`, `uid-of-${name}`, {
    'credentials.json': JSON.stringify({ format: 1, secrets: [{ algorithm: 'sha256', hash: sha256(SECRET) }] }),
  });
  const { configMap } = makeClient(uid, name, {
    uid: `uid-of-${name}`,
    displayName: 'Wiki',
    grantTypes: ['authorization_code', 'refresh_token'],
    scopes: ['openid', 'profile', 'email'],
    skipConsent,
    credentials: pointerTo(credentials),
  });
  return { configMap, secrets: [credentials] };
}

async function writePairs(folder: string, pairs: Pair[]): Promise<void> {
  for (const object of pairs.flatMap(pair => [pair.configMap, ...pair.secrets])) {
    const place = join(folder, `${object.kind.toLowerCase()}s`);
    await mkdir(place, { recursive: true });
    await writeFile(join(place, `${object.metadata.name}.json`), JSON.stringify(object));
  }
}

interface Place {
  folder: string;
  index: number;
  port: number;
  publicPort: number;
}

async function startReplica(place: Place, { store, env = {} }: ReplicasOptions): Promise<RunningReplica> {
  const adminPort = await freePort();
  const program = startProgram(['idp/main.ts'], {
    SSO_SOURCE: `folder:${place.folder}`,
    SSO_POD_NAME: `replica-${place.index}`,
    SSO_STORE: store,
    SSO_LISTEN: '127.0.0.1',
    SSO_HTTPS_PORT: String(place.port),
    SSO_ADMIN_PORT: String(adminPort),
    SSO_PUBLIC_PORT: String(place.publicPort),
    SSO_LOG_LEVEL: 'warn',
    ...env,
  });
  return { port: place.port, adminPort, program };
}

function askAdmin(port: number, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const asked = requestPlain({ host: '127.0.0.1', port, path, agent: false }, answer => {
      text(answer).then(body => resolve({ status: answer.statusCode ?? 0, body }), reject);
    });
    asked.on('error', reject).end();
  });
}
