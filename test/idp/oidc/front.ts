import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createAttempts } from '#idp/limits/attempts.ts';
import { createHashQueue } from '#idp/limits/hash-queue.ts';
import { QuestionGone } from '#idp/login/door.ts';
import { createLogin, type Login } from '#idp/login/index.ts';
import { createOidc, type Oidc } from '#idp/oidc/index.ts';
import type { TellSaml } from '#idp/oidc/needs.ts';
import type { OidcPages } from '#idp/oidc/pages.ts';
import { createSources } from '#idp/sources/index.ts';
import type { DurableStore } from '#idp/storage/durable.ts';
import { openMemoryStore } from '#idp/storage/memory.ts';
import { type Store, StoreUnavailable } from '#idp/storage/store.ts';
import type { Tenant } from '#idp/tenants/tenant.ts';
import { makeCa } from '#test/support/certificate.ts';
import { makeTenant, TestRegistry } from './fixture.ts';

/** Plays the web room: TLS, host -> tenant -> handler, and the plainest pages that work. */

export interface Front {
  port: number;
  ca: string;
  registry: TestRegistry;
  store: Store;
  oidc: Oidc;
  log: { level: string; fields: object; message: string }[];
  issuer(name: string): string;
  close(): Promise<void>;
}

const html = (body: string) => `<!doctype html><body>${body}</body>`;

const PAGES: OidcPages = {
  logout: view =>
    html(`<form method="post" action="${view.formAction}"><input type="hidden" name="xsrf" value="${view.xsrf}">
      <button name="logout" value="yes">Sign out of ${view.application}</button></form>`),
  signedOut: view => html(`signed out of ${view.tenant.document.displayName}`),
  error: view => html(`<h1>${view.title}</h1><p>${view.detail}</p>`),
};

export interface FrontOptions {
  tenants?: string[];
  store?: Store;
  durable?: DurableStore;
  tellSaml?: TellSaml;
}

export async function openFront(options: FrontOptions = {}): Promise<Front> {
  const now = () => Date.now();
  const names = options.tenants ?? ['acme'];
  const authority = await makeCa();
  const store = options.store ?? openMemoryStore({ now });
  const registry = new TestRegistry();
  const hashing = createHashQueue({ concurrency: 2, length: 64 });
  const sourcesOf = createSources({ hashing });
  const entries: Front['log'] = [];
  const write = (level: string) => (fields: object, message: string) => void entries.push({ level, fields, message });
  const log = { info: write('info'), warn: write('warn'), error: write('error') };
  const oidc = createOidc({ registry, store, sourcesOf, pages: PAGES, hashing, log, now, ...pick(options) });
  const login = createLogin({ sourcesOf, limits: createAttempts({ store, now }), now });
  const pair = await authority.issue(names.map(name => `${name}.localhost`));
  const server = createServer(pair, (req, res) => void serve({ req, res, registry, oidc, login }));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  for (const name of names) registry.put(makeTenant(name, port));
  return {
    port,
    ca: authority.ca,
    registry,
    store,
    oidc,
    log: entries,
    issuer: name => `https://${name}.localhost:${port}`,
    async close() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
      await store.close();
    },
  };
}

function pick({ tellSaml, durable }: FrontOptions): Pick<FrontOptions, 'tellSaml' | 'durable'> {
  return { ...(tellSaml && { tellSaml }), ...(durable && { durable }) };
}

interface Exchange {
  req: IncomingMessage;
  res: ServerResponse;
  registry: TestRegistry;
  oidc: Oidc;
  login: Login;
}

async function serve(exchange: Exchange): Promise<void> {
  const { req, res, registry, oidc } = exchange;
  const tenant = registry.current().byHost.get((req.headers.host ?? '').split(':')[0] ?? '');
  if (tenant === undefined) return void res.writeHead(421).end();
  try {
    if (req.url?.startsWith('/interaction/')) return await interact(tenant, exchange);
    if (req.url?.startsWith('/saml/continue')) return await goOn(tenant, exchange);
    oidc.handler(tenant)(req, res, error => {
      if (error === undefined) res.writeHead(404).end('not here');
      else fail(res, error);
    });
  } catch (error) {
    fail(res, error);
  }
}

function fail(res: ServerResponse, error: unknown): void {
  const retryAfter = error instanceof StoreUnavailable ? error.retryAfter : 1;
  const status = error instanceof QuestionGone ? 410 : 503;
  res.writeHead(status, { 'retry-after': String(retryAfter) }).end(String(error));
}

async function interact(tenant: Tenant, { req, res, oidc, login }: Exchange): Promise<void> {
  const question = await oidc.door.question(tenant, req, res);
  const uid = req.url?.split('/')[2] ?? '';
  if (question === undefined) {
    const back = await oidc.door.wayBack(tenant, uid);
    return void res.writeHead(410).end(html(`too late, back to ${back?.applicationUrl}`));
  }
  if (req.method === 'GET') return void res.writeHead(200).end(html(form(question)));
  const fields = new URLSearchParams(await text(req));
  if (fields.has('decline')) return oidc.door.declined(tenant, req, res, 'the person said no');
  if (fields.get('prompt') === 'consent') return oidc.door.consented(tenant, req, res);
  await signIn(tenant, fields, { req, res, oidc, login });
}

/** The step of SAML that the browser comes back to; it says what it sees. The state begins with the entityID. */
async function goOn(tenant: Tenant, { req, res, oidc }: Exchange): Promise<void> {
  const address = Object.fromEntries(new URL(req.url ?? '', tenant.document.issuer).searchParams);
  const client = tenant.samlClients.get(address['state']?.split(' ')[0] ?? '');
  const signedIn = client && (await oidc.saml.current(tenant, client, { req, res }));
  res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ address, signedIn }));
}

async function signIn(tenant: Tenant, fields: URLSearchParams, at: Omit<Exchange, 'registry'>): Promise<void> {
  const [username, password] = [fields.get('username') ?? '', fields.get('password') ?? ''];
  const outcome = await at.login.attempt({ tenant, username, password, ip: '192.0.2.1' });
  if (outcome.outcome === 'signed-in') return at.oidc.door.signedIn(tenant, at.req, at.res, outcome.event);
  at.res.writeHead(401).end(html(outcome.outcome));
}

function form(question: { uid: string; prompt: string; scopes: string[]; loginHint?: string }): string {
  const { uid, prompt, scopes, loginHint = '' } = question;
  return `<form method="post" action="/interaction/${uid}"><input type="hidden" name="prompt" value="${prompt}">
    <p>${prompt} ${scopes.join(' ')} ${loginHint}</p><input name="username"><input name="password"></form>`;
}
