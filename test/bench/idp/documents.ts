import { argon2Sync, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConfigMap, Secret } from '#crds/schema/kinds.ts';
import { FORMAT, type TenantKeys } from '#crds/schema/live-config.ts';
import { ADVISED_COST, formatPhc } from '#crds/shared/pure/phc.ts';
import { mintTenantKeys } from '#operator/keys/tenant-keys.ts';
import { PASSWORD, SECRET, sha256 } from '#test/idp/oidc/fixture.ts';
import { makeClient, makeSecret, makeTenant, type Pair, pointerTo } from '#test/idp/tenants/fixture.ts';
import { makeCa, type TestCertificate } from '#test/support/certificate.ts';

/** Live configuration of any size, as the operator writes it: real keys, real certificates, clients with a secret each. */

export interface Size {
  tenants: number;
  /** Of all tenants together; spread evenly. */
  clients: number;
  /** People of the first tenant, all with one password. */
  people?: number;
  /** Also {@link MACHINES}, at the first tenant. */
  machines?: boolean;
}

export interface Landscape {
  ca: string;
  keys: TenantKeys;
  certificate: TestCertificate;
  /** Everything, tenants first. */
  pairs: Pair[];
}

/** The tenant that traffic goes to, and its client. */
export const TENANT = { name: 'bench', host: 'bench.localhost' } as const;
export const CLIENT = { id: 'apps.bench', secret: SECRET, callback: 'https://app.example/cb' } as const;
/** Programs that sign in for themselves, by the form of their tokens. */
export const MACHINES = { opaque: 'apps.machine-opaque', jwt: 'apps.machine-jwt' } as const;
export type TokenFormat = keyof typeof MACHINES;
/** The API that the JWTs are for. */
export const AUDIENCE = 'https://api.acme.example';
export { PASSWORD };

export const usernameOf = (index: number): string => `person${index}`;

/** @param port in the issuers. */
export async function makeLandscape(
  port: number,
  { tenants, clients, people = 1, machines }: Size,
): Promise<Landscape> {
  const ca = await makeCa();
  const keys = await mintTenantKeys(TENANT.host, new Date());
  const certificate = await ca.issue([TENANT.host]);
  const password = hashPassword();
  // One set of keys for all: to mint two thousand RSA keys takes minutes, and each tenant holds its own copy anyway.
  const names = [TENANT.name, ...Array.from({ length: tenants - 1 }, (_, index) => `tenant-${index}`)];
  const tenantPairs = names.map(name =>
    makeTenant(name, {
      issuer: `https://${name}.localhost:${port}`,
      certificatePem: certificate,
      keysJson: keys,
      usersYaml: usersYaml(name === TENANT.name ? people : 1, password),
    }),
  );
  const clientPairs = Array.from({ length: clients }, (_, index) => makeApplication(index, names));
  const machinePairs = machines === true ? [makeMachine('opaque'), makeMachine('jwt')] : [];
  return { ca: ca.ca, keys, certificate, pairs: [...tenantPairs, ...clientPairs, ...machinePairs] };
}

function makeApplication(index: number, tenants: string[]): Pair {
  const name = index === 0 ? 'bench' : `app-${index}`;
  const uid = `uid-${name}`;
  const credentials = makeCredentials(uid, index === 0 ? SECRET : `secret of ${name}`);
  const { configMap } = makeClient(`uid-${tenants[index % tenants.length]}`, name, {
    uid,
    ...(index === 0 ? { redirectUris: [CLIENT.callback] } : {}),
    grantTypes: ['authorization_code', 'refresh_token'],
    scopes: ['openid', 'profile', 'email', 'groups'],
    skipConsent: true,
    credentials: pointerTo(credentials),
  });
  return { configMap, secrets: [credentials] };
}

function makeMachine(format: TokenFormat): Pair {
  const name = `machine-${format}`;
  const uid = `uid-${name}`;
  const credentials = makeCredentials(uid, SECRET);
  const { configMap } = makeClient(`uid-${TENANT.name}`, name, {
    uid,
    type: 'Machine',
    redirectUris: [],
    grantTypes: ['client_credentials'],
    scopes: [],
    accessGroups: [],
    ...(format === 'jwt' ? { jwtAudiences: [AUDIENCE] } : {}),
    credentials: pointerTo(credentials),
  });
  return { configMap, secrets: [credentials] };
}

function makeCredentials(uid: string, secret: string): Secret {
  const secrets = [{ algorithm: 'sha256', hash: sha256(secret) }];
  return makeSecret(`sso-c-${uid}-credentials`, uid, {
    'credentials.json': JSON.stringify({ format: FORMAT, secrets }),
  });
}

function usersYaml(people: number, password: string): string {
  const users = Array.from({ length: people }, (_, index) => {
    const username = usernameOf(index);
    return { username, password, name: 'Ada Example', email: `${username}@acme.example`, groups: ['staff', 'wiki'] };
  });
  // JSON is YAML.
  return JSON.stringify({ users });
}

/** With the cost that `sso hash-password` gives. */
function hashPassword(): string {
  const salt = randomBytes(16);
  const tag = argon2Sync('argon2id', { ...ADVISED_COST, message: PASSWORD, nonce: salt, tagLength: 32 });
  return formatPhc({ ...ADVISED_COST, salt, tag });
}

export interface Folder extends AsyncDisposable {
  path: string;
}

/** As the folder target of the operator lays it out. */
export async function writeFolder(pairs: readonly Pair[]): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'sso-bench-idp-'));
  for (const kind of ['configmaps', 'secrets']) await mkdir(join(path, kind));
  const write = (folder: string, object: ConfigMap | Secret) =>
    writeFile(join(path, folder, `${object.metadata.name}.json`), JSON.stringify(object));
  for (const { configMap, secrets } of pairs) {
    await write('configmaps', configMap);
    for (const secret of secrets) await write('secrets', secret);
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
