import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as streamText } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { FORMAT, type SamlClientDocument, type TenantDocument } from '#crds/schema/live-config.ts';
import { idpEntityId } from '#crds/schema/saml-endpoints.ts';
import type { Participant } from '#idp/logout/participants.ts';
import { createSaml } from '#idp/saml/index.ts';
import type { SamlDoor, SignedIn, SignInWish } from '#idp/saml/needs.ts';
import type { Person } from '#idp/sources/source.ts';
import { openMemoryStore } from '#idp/storage/memory.ts';
import type { Tenant } from '#idp/tenants/tenant.ts';
import { type SamlKey, samlKey } from '#test/support/saml-keys.ts';

/** The SAML room over HTTP, with a door that signs in whoever the test says. Everything else is the real thing. */

export const ISSUER = 'https://acme.localhost:8443';
export const IDP = idpEntityId(ISSUER);
export const SP = 'https://jira.example/saml';
export const ACS = 'https://jira.example/saml/acs';
export const SLO = 'https://jira.example/saml/slo';

export const ADA: Person = {
  subject: 'staff:ada',
  source: 'staff',
  username: 'ada',
  name: 'Ada Lovelace',
  givenName: 'Ada',
  familyName: 'Lovelace',
  email: 'ada@acme.example',
  groups: ['engineers', 'R&D <lab>'],
};

export const idpKey = (): SamlKey => samlKey('idp');
export const spKey = (): SamlKey => samlKey('sp');

export function makeSamlTenant(uid = 'uid-acme', issuer = ISSUER): Tenant {
  const document: TenantDocument = {
    format: FORMAT,
    document: 'tenant',
    uid,
    namespace: 'team-acme',
    name: 'acme',
    generation: 1,
    displayName: 'Acme <& Sons>',
    domain: new URL(issuer).hostname,
    issuer,
    paused: false,
    keys: { name: 'keys', hash: 'h' },
    certificate: null,
    tls: { profile: 'Strict' as const, minVersion: '1.2' as const },
    sources: [],
    sessions: { lifetimeSeconds: 43_200 },
  };
  const { keyPem: key, certificatePem: certificate } = idpKey();
  const saml = {
    keys: [{ state: 'Current' as const, key, certificate }],
    nameIdSalt: Buffer.alloc(32, 7).toString('base64url'),
  };
  const keys = { format: FORMAT, signing: [], cookies: ['c'], saml } as const;
  const shared = { certificate: null, users: new Map(), clients: new Map(), samlClients: new Map(), hash: uid };
  return { document, keys: { ...keys, signing: [], cookies: ['c'] }, ...shared };
}

export function makeSamlClient(wish: Partial<SamlClientDocument> = {}): SamlClientDocument {
  return {
    format: FORMAT,
    document: 'client',
    protocol: 'saml',
    uid: 'uid-jira',
    tenantUid: 'uid-acme',
    namespace: 'atlassian',
    name: 'jira',
    generation: 1,
    enabled: true,
    entityId: SP,
    displayName: 'Jira',
    assertionConsumerServices: [
      { url: ACS, index: 0, isDefault: true },
      { url: `${ACS}/second`, index: 7, isDefault: false },
    ],
    singleLogoutServices: [{ url: SLO, responseUrl: null, binding: 'Redirect' }],
    signingCertificates: [spKey().certificate],
    requireSignedRequests: true,
    nameId: { format: 'persistent', source: 'sub' },
    attributes: [
      { name: 'urn:oid:0.9.2342.19200300.100.1.3', nameFormat: 'uri', friendlyName: 'mail', source: 'email' },
      { name: 'groups', nameFormat: 'basic', friendlyName: null, source: 'groups' },
      { name: 'full name', nameFormat: 'unspecified', friendlyName: null, source: 'name' },
    ],
    sign: { assertion: true, response: true, algorithm: 'rsa-sha256' },
    conditions: { notOnOrAfterSeconds: 300, oneTimeUse: false },
    accessGroups: null,
    ...wish,
  };
}

/** A door without a lock. `session` is who is signed in; `wishes` and `ended` are what it was asked. */
export class FakeDoor implements SamlDoor {
  session: { person: Person; at: number } | undefined;
  readonly wishes: SignInWish[] = [];
  readonly ended: { entityId: string; sessionIndex: string }[] = [];
  /** Everybody in the session, as `end` tells. */
  participants: Participant[] = [];

  start(_tenant: Tenant, _client: SamlClientDocument, wish: SignInWish): Promise<string> {
    this.wishes.push(wish);
    return Promise.resolve(`${ISSUER}/auth?state=${wish.relay}`);
  }

  current(_tenant: Tenant, client: SamlClientDocument): Promise<SignedIn | undefined> {
    if (this.session === undefined) return Promise.resolve(undefined);
    const { person, at } = this.session;
    const sessionIndex = `sid-${client.uid}`;
    const participant = { protocol: 'saml' as const, application: client.entityId, sessionIndex };
    if (!this.participants.some(known => known.sessionIndex === sessionIndex)) this.participants.push(participant);
    const event = { subject: person.subject, source: person.source, methods: [{ amr: 'pwd', at }], at };
    return Promise.resolve({ person, event, sessionIndex, expiresAt: at + 43_200 });
  }

  end(_tenant: Tenant, session: { entityId: string; sessionIndex: string }): Promise<Participant[]> {
    this.ended.push(session);
    this.session = undefined;
    return Promise.resolve(this.participants.splice(0));
  }
}

export interface Reply {
  status: number;
  location: string | undefined;
  cookies: string[];
  policy: string;
  text: string;
}

export interface House extends AsyncDisposable {
  tenant: Tenant;
  door: FakeDoor;
  clients: SamlClientDocument[];
  /** Milliseconds; null: the real clock. What the store says is older by the delay. */
  clock: { now: number | null; storeDelay: number };
  origin: string;
  /** `path` with its query. A body is sent as a form. */
  visit(path: string, options?: { form?: string; cookie?: string }): Promise<Reply>;
}

export async function openHouse(...clients: SamlClientDocument[]): Promise<House> {
  const door = new FakeDoor();
  const clock: House['clock'] = { now: null, storeDelay: 0 };
  const now = () => clock.now ?? Date.now();
  const store = openMemoryStore({ now });
  const read = store.read.bind(store);
  store.read = async key => {
    const record = await read(key);
    if (clock.storeDelay > 0) await delay(clock.storeDelay);
    return record;
  };
  const tenant = makeSamlTenant();
  const saml = createSaml({
    clients: { byEntityId: (_tenant, entityId) => clients.find(client => client.entityId === entityId) },
    door,
    store,
    admits: (client, person) => client.accessGroups?.some(group => person.groups.includes(group)) ?? true,
    now,
    newSecret: () => randomBytes(32).toString('base64url'),
    signedOutPage: () => '<!doctype html><title>Signed out</title>',
  });
  const server = createServer((req, res) => {
    saml.handler(tenant)(req, res, error => {
      const { code = 'NotFound', status = 404, message = '' } = (error ?? {}) as Record<string, string & number>;
      if (error !== undefined && error instanceof Error && error.name !== 'SamlError') console.error(error);
      res.writeHead(status, { 'content-type': 'text/plain', connection: 'close' }).end(`${code}: ${message}`);
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    tenant,
    door,
    clients,
    clock,
    origin,
    visit: (path, { form, cookie } = {}) => visit(origin + path, form, cookie),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
      await store.close();
    },
  };
}

/** By node:http: fetch rewrites a query (`'` to %27), and these octets are signed. */
async function visit(url: string, form: string | undefined, cookie: string | undefined): Promise<Reply> {
  const { hostname, port, origin } = new URL(url);
  const headers: Record<string, string> = cookie === undefined ? {} : { cookie };
  if (form !== undefined) headers['content-type'] = 'application/x-www-form-urlencoded';
  const method = form === undefined ? 'GET' : 'POST';
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = request({ hostname, port, method, path: url.slice(origin.length), headers }, resolve);
    outgoing.on('error', reject).end(form);
  });
  return {
    status: response.statusCode ?? 0,
    location: response.headers.location,
    cookies: response.headers['set-cookie'] ?? [],
    policy: String(response.headers['content-security-policy'] ?? ''),
    text: await streamText(response),
  };
}

/** Signs in Ada (or whoever is at the door) and follows an answer of the first step to the end. */
export async function goOn(house: House, first: Reply, query = ''): Promise<Reply> {
  if (first.status !== 303) throw new Error(`the request was refused: ${first.text}`);
  const state = new URL(first.location ?? '').searchParams.get('state') ?? '';
  const cookie = first.cookies.map(line => line.split(';', 1)[0]).join('; ');
  return house.visit(`/saml/continue?state=${state}${query}`, { cookie });
}

/** The hidden fields of a page that posts itself. */
export function fieldsOf(page: string): Record<string, string> {
  const inputs = [...page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)];
  return Object.fromEntries(inputs.map(([, name = '', value = '']) => [name, unescape(value)]));
}

function unescape(text: string): string {
  const entities: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&amp;': '&' };
  return text.replaceAll(/&(?:lt|gt|quot|#39|amp);/g, found => entities[found] ?? found);
}

export function signInAt(house: House, person: Person = ADA, at = Math.floor(Date.now() / 1000)): void {
  house.door.session = { person, at };
}
