import { argon2Sync, createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import type {
  ClientDocument,
  SamlClientDocument,
  TenantDocument,
  TenantKeys,
  UsersFile,
} from '#crds/schema/live-config.ts';
import { FORMAT } from '#crds/schema/live-config.ts';
import { formatPhc } from '#crds/shared/pure/phc.ts';
import type { Client, Registry, Snapshot, Tenant } from '#idp/tenants/tenant.ts';

/** Tenants and clients as the registry serves them, without documents on any wire. */

export const PASSWORD = 'correct horse battery staple';
export const SECRET = 'S'.repeat(43);

/** As cheap as argon2id gets: these tests are about the protocol. */
export function hashPassword(password: string): string {
  const cost = { memory: 8, passes: 1, parallelism: 1 };
  const salt = randomBytes(16);
  const tag = argon2Sync('argon2id', { ...cost, message: password, nonce: salt, tagLength: 32 });
  return formatPhc({ ...cost, salt, tag });
}

function makeSigningKey(state: TenantKeys['signing'][number]['state'], alg: 'ES256' | 'RS256', kid: string) {
  const { privateKey } =
    alg === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { state, jwk: { ...privateKey.export({ format: 'jwk' }), kid, alg } };
}

export function makeKeys(name: string): TenantKeys {
  return {
    format: FORMAT,
    // The one that must not sign yet comes first on purpose.
    signing: [
      makeSigningKey('Next', 'ES256', `${name}-next`),
      makeSigningKey('Current', 'ES256', `${name}-es`),
      makeSigningKey('Current', 'RS256', `${name}-rs`),
    ],
    cookies: [randomBytes(32).toString('base64url')],
  };
}

const pointer = { name: 'unused', hash: 'unused' };

export const ALICE: UsersFile['users'][number] = {
  username: 'alice',
  password: hashPassword(PASSWORD),
  name: 'Alice Example',
  givenName: 'Alice',
  familyName: 'Example',
  email: 'alice@acme.example',
  groups: ['staff', 'grafana-users'],
};

export const BOB: UsersFile['users'][number] = { username: 'bob', password: ALICE.password };

let states = 0;

export function makeTenant(name: string, port: number, fields: Partial<TenantDocument> = {}): Tenant {
  const domain = `${name}.localhost`;
  states += 1;
  return {
    document: {
      format: FORMAT,
      document: 'tenant',
      uid: `uid-${name}`,
      namespace: `team-${name}`,
      name,
      generation: 1,
      displayName: name,
      domain,
      issuer: `https://${domain}:${port}`,
      paused: false,
      keys: pointer,
      certificate: null,
      sources: [{ type: 'users', name: 'staff', displayName: 'Staff', secret: pointer }],
      sessions: { lifetimeSeconds: 43_200 },
      ...fields,
    },
    keys: makeKeys(name),
    certificate: null,
    users: new Map([['staff', { users: [ALICE, BOB] }]]),
    hash: `state-${states}`,
    clients: new Map(),
    samlClients: new Map(),
  };
}

export function sha256(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

export function makeClient(name: string, fields: Partial<ClientDocument> = {}): Client {
  const isPublic = fields.type === 'Public';
  return {
    document: {
      format: FORMAT,
      document: 'client',
      protocol: 'oidc',
      uid: `uid-${name}`,
      tenantUid: 'unused',
      namespace: 'apps',
      name,
      generation: 1,
      enabled: true,
      clientId: `apps.${name}`,
      displayName: name,
      type: 'Confidential',
      redirectUris: [`https://${name}.example/cb`],
      postLogoutRedirectUris: [`https://${name}.example/bye`],
      grantTypes: ['authorization_code', 'refresh_token'],
      scopes: ['openid', 'profile', 'email', 'groups', 'offline_access'],
      tokenEndpointAuthMethod: isPublic ? 'none' : 'client_secret_basic',
      idTokenSignedResponseAlg: 'ES256',
      accessGroups: null,
      skipConsent: true,
      lifetimes: { accessTokenSeconds: 3600, refreshTokenSeconds: 86_400 },
      credentials: isPublic ? null : pointer,
      ...fields,
    },
    credentials: isPublic ? null : { format: FORMAT, secrets: [{ algorithm: 'sha256', hash: sha256(SECRET) }] },
  };
}

export function makeSamlClient(name: string, fields: Partial<SamlClientDocument> = {}): SamlClientDocument {
  return {
    format: FORMAT,
    document: 'client',
    protocol: 'saml',
    uid: `uid-${name}`,
    tenantUid: 'unused',
    namespace: 'apps',
    name,
    generation: 1,
    enabled: true,
    entityId: `https://${name}.example`,
    displayName: name,
    assertionConsumerServices: [{ url: `https://${name}.example/acs`, index: 0, isDefault: true }],
    singleLogoutServices: [],
    signingCertificates: [],
    requireSignedRequests: false,
    nameId: { format: 'persistent', source: 'sub' },
    attributes: [],
    sign: { assertion: true, response: true, algorithm: 'rsa-sha256' },
    conditions: { notOnOrAfterSeconds: 300, oneTimeUse: false },
    accessGroups: null,
    ...fields,
  };
}

/** A registry whose state a test changes, as a document that arrives does. */
export class TestRegistry implements Registry {
  private snapshot: Snapshot = { byHost: new Map(), byUid: new Map() };

  current(): Snapshot {
    return this.snapshot;
  }

  put(tenant: Tenant): void {
    const byUid = new Map(this.snapshot.byUid).set(tenant.document.uid, tenant);
    this.snapshot = { byUid, byHost: new Map([...byUid.values()].map(each => [each.document.domain, each])) };
  }

  drop(uid: string): void {
    const byUid = new Map([...this.snapshot.byUid].filter(([each]) => each !== uid));
    this.snapshot = { byUid, byHost: new Map([...byUid.values()].map(each => [each.document.domain, each])) };
  }

  putClient(tenantUid: string, client: Client): void {
    const tenant = this.tenant(tenantUid);
    this.put({ ...tenant, clients: new Map(tenant.clients).set(client.document.clientId, client) });
  }

  putSamlClient(tenantUid: string, client: SamlClientDocument): void {
    const tenant = this.tenant(tenantUid);
    this.put({ ...tenant, samlClients: new Map(tenant.samlClients).set(client.entityId, client) });
  }

  /** Another state of a tenant, with its own hash. */
  change(tenantUid: string, fields: Partial<Tenant>): void {
    states += 1;
    this.put({ ...this.tenant(tenantUid), hash: `state-${states}`, ...fields });
  }

  tenant(uid: string): Tenant {
    const tenant = this.snapshot.byUid.get(uid);
    if (tenant === undefined) throw new Error(`no tenant ${uid}`);
    return tenant;
  }
}
