import { argon2Sync, createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ClientDocument } from '#crds/schema/live-config.ts';
import { FORMAT } from '#crds/schema/live-config.ts';
import { createProtocols } from '#idp/protocols.ts';
import { NOTHING_DURABLE } from '#idp/storage/durable.ts';
import { openMemoryStore } from '#idp/storage/memory.ts';
import type { Store } from '#idp/storage/store.ts';
import type { Configuration } from '#idp/tenants/configuration.ts';
import { createTlsServer } from '#idp/tls/server.ts';
import { createWeb } from '#idp/web/index.ts';
import { oidcPages } from '#idp/web/oidc-pages.ts';
import type { AuditEvent } from '#idp/web/parts.ts';
import { parseProxies } from '#idp/web/proxies.ts';
import { makeClient, makeSecret, makeTenant, pointerTo, type TenantWish } from '#test/idp/tenants/fixture.ts';
import { feed, makeConfiguration } from '#test/idp/tls/front.ts';
import { makeCa, type TestCa } from '#test/support/certificate.ts';
import { freePort } from '#test/support/program.ts';

/** The whole face of the IdP in this process: TLS, pages, protocol, two tenants with one person each. */

export const PASSWORD = 'correct horse';
export const CLIENT_SECRET = 'a-long-enough-secret-of-the-application';
export const CALLBACK = 'https://wiki.example/cb';

export interface Face extends AsyncDisposable {
  port: number;
  /** Plain HTTP, with the same handler. */
  plainPort: number;
  ca: string;
  configuration: Configuration;
  audit: AuditEvent[];
  errors: object[];
  /** An authorization request of the wiki at a tenant. */
  authorizeUrl(host: string, extra?: Record<string, string>): URL;
  tenant(name: string, wish?: TenantWish): Promise<void>;
  client(tenant: string, fields?: Partial<ClientDocument>): void;
}

export interface FaceOptions {
  trusted?: string[];
  store?: (store: Store) => Store;
}

export async function startFace(options: FaceOptions = {}): Promise<Face> {
  const [port, configuration, ca] = [await freePort(), makeConfiguration(), await makeCa()];
  const { registry } = configuration;
  const audit: AuditEvent[] = [];
  const errors: object[] = [];
  const log = { info: () => undefined, warn: () => undefined, error: (fields: object) => void errors.push(fields) };
  const memory = openMemoryStore({ now: Date.now });
  const store = options.store?.(memory) ?? memory;
  const protocols = createProtocols({
    registry,
    stores: { volatile: store, durable: NOTHING_DURABLE },
    pages: oidcPages,
    log,
    now: Date.now,
  });
  const observer = {
    audit: (event: AuditEvent) => void audit.push(event),
    signIn: () => undefined,
    answered: () => undefined,
  };
  const trusted = parseProxies(options.trusted ?? []);
  const handler = createWeb({ registry, trusted, ...protocols, observer, log });
  const tls = createTlsServer({ registry, handler, onRefused: () => undefined });
  const plain = createServer(handler);
  tls.listen(port, '127.0.0.1');
  plain.listen(0, '127.0.0.1');
  await Promise.all([once(tls, 'listening'), once(plain, 'listening')]);
  const face: Face = {
    port,
    plainPort: (plain.address() as AddressInfo).port,
    ca: ca.ca,
    configuration,
    audit,
    errors,
    authorizeUrl: (host, extra) => authorizeUrl(`https://${host}:${port}`, extra),
    tenant: (name, wish) => putTenant({ configuration, ca, port }, name, wish),
    client: (tenant, fields) => putClient(configuration, tenant, fields),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([close(tls), close(plain)]);
      await store.close();
    },
  };
  for (const name of ['acme', 'globex']) {
    await face.tenant(name);
    face.client(name);
  }
  return face;
}

function close(server: Pick<Server, 'close' | 'closeAllConnections'>): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function authorizeUrl(origin: string, extra: Record<string, string> = {}): URL {
  const url = new URL('/auth', origin);
  const challenge = createHash('sha256').update('v'.repeat(43)).digest('base64url');
  const wish = {
    client_id: 'apps.wiki',
    response_type: 'code',
    scope: 'openid profile email',
    redirect_uri: CALLBACK,
    code_challenge: challenge,
    code_challenge_method: 'S256',
    state: 'st',
    ...extra,
  };
  for (const [name, value] of Object.entries(wish)) url.searchParams.set(name, value);
  return url;
}

const encode = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');

/** A cheap hash: these tests are not about its cost. */
function phc(password: string): string {
  const nonce = randomBytes(16);
  const cost = { memory: 8192, passes: 1, parallelism: 1, tagLength: 32 };
  const hash = argon2Sync('argon2id', { message: password, nonce, ...cost });
  return `$argon2id$v=19$m=8192,t=1,p=1$${encode(nonce)}$${encode(hash)}`;
}

async function putTenant(
  at: { configuration: Configuration; ca: TestCa; port: number },
  name: string,
  wish: TenantWish = {},
): Promise<void> {
  const host = wish.domain ?? `${name}.localhost`;
  const ada = {
    username: 'ada',
    password: phc(PASSWORD),
    name: 'Ada Lovelace',
    email: 'ada@example.com',
    groups: ['staff'],
  };
  const pair = makeTenant(name, {
    displayName: name === 'acme' ? 'Acme' : 'Globex',
    issuer: `https://${host}:${at.port}`,
    certificatePem: await at.ca.issue([host]),
    usersYaml: JSON.stringify({ users: [ada] }),
    ...wish,
  });
  feed(at.configuration, [pair]);
}

function putClient(configuration: Configuration, tenant: string, fields: Partial<ClientDocument> = {}): void {
  const uid = `uid-${tenant}-${fields.name ?? 'wiki'}`;
  const hash = createHash('sha256').update(CLIENT_SECRET).digest('base64url');
  const credentials = makeSecret(`sso-c-${uid}-credentials`, uid, {
    'credentials.json': JSON.stringify({ format: FORMAT, secrets: [{ algorithm: 'sha256', hash }] }),
  });
  const pair = makeClient(`uid-${tenant}`, fields.name ?? 'wiki', {
    uid,
    displayName: 'Team Wiki',
    redirectUris: [CALLBACK],
    postLogoutRedirectUris: ['https://wiki.example/'],
    grantTypes: ['authorization_code', 'refresh_token'],
    scopes: ['openid', 'profile', 'email', 'groups', 'offline_access'],
    credentials: pointerTo(credentials),
    ...fields,
  });
  feed(configuration, [{ configMap: pair.configMap, secrets: [credentials] }]);
}
