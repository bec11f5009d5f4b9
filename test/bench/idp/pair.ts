import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JWK } from 'oidc-provider';
import { freePort, type Program, startProgram, until } from '#test/support/program.ts';
import type { BareSettings } from './bare.ts';
import {
  AUDIENCE,
  CLIENT,
  type Landscape,
  MACHINES,
  makeLandscape,
  type Size,
  TENANT,
  usernameOf,
  writeFolder,
} from './documents.ts';
import { type Replica, startReplica } from './replica.ts';
import type { BenchStore } from './store.ts';
import { Visitor } from './visitor.ts';

/** The product and the bare library side by side, with the same keys, certificate, client and people. */

export interface Contestant {
  /** Of its processes: what they cost together counts. */
  pids: number[];
  visitors: Visitor[];
}

export interface Pair extends AsyncDisposable {
  product: Contestant;
  bare: Contestant;
}

export interface PairOptions {
  size: Size;
  visitors: number;
  store: Pick<BenchStore, 'address' | 'pid'>;
  /** Options of Node for the product; as in the image. */
  node?: readonly string[];
}

export async function startPair({ size, visitors, store, node }: PairOptions): Promise<Pair> {
  const [port, barePort] = [await freePort(), await freePort()];
  const landscape = await makeLandscape(port, { ...size, people: visitors, machines: true });
  const stack = new AsyncDisposableStack();
  try {
    const folder = stack.use(await writeFolder(landscape.pairs));
    const work = await mkdtemp(join(tmpdir(), 'sso-bench-pair-'));
    stack.defer(() => rm(work, { recursive: true, force: true }));
    const compileCache = join(work, 'compile-cache');
    const source = { SSO_SOURCE: `folder:${folder.path}`, SSO_STORE: store.address };
    const replica: Replica = stack.use(await startReplica({ port, compileCache, env: source, ...(node && { node }) }));
    const bare = stack.use(await startBare(join(work, 'bare.json'), barePort, landscape));
    const pair = {
      product: {
        pids: [replica.pid, store.pid].filter(pid => pid !== undefined),
        visitors: makeVisitors(visitors, port, landscape.ca),
      },
      bare: { pids: [bare.pid], visitors: makeVisitors(visitors, barePort, landscape.ca) },
    };
    const owned = stack.move();
    return { ...pair, [Symbol.asyncDispose]: () => owned.disposeAsync() };
  } finally {
    await stack.disposeAsync();
  }
}

function makeVisitors(count: number, port: number, ca: string): Visitor[] {
  return Array.from({ length: count }, (_, index) => new Visitor({ port, ca }, usernameOf(index)));
}

async function startBare(file: string, port: number, { keys, certificate }: Landscape): Promise<Program> {
  const settings: BareSettings = {
    port,
    host: TENANT.host,
    ...certificate,
    jwks: { keys: keys.signing.map(({ jwk }) => jwk as JWK) },
    cookies: keys.cookies,
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [CLIENT.callback],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        scope: 'openid profile email groups',
        token_endpoint_auth_method: 'client_secret_basic',
        id_token_signed_response_alg: 'ES256',
      },
      ...Object.values(MACHINES).map(id => ({
        client_id: id,
        client_secret: CLIENT.secret,
        redirect_uris: [],
        grant_types: ['client_credentials'],
        response_types: [],
        token_endpoint_auth_method: 'client_secret_basic' as const,
      })),
    ],
    audiences: { [MACHINES.jwt]: AUDIENCE },
    claims: { name: 'Ada Example', email: 'person@acme.example', groups: ['staff', 'wiki'] },
  };
  await writeFile(file, JSON.stringify(settings), { mode: 0o600 });
  const program = startProgram(['test/bench/idp/bare.ts', file], {});
  await until('the bare library listens', async () => program.output().includes('listening') || undefined);
  return program;
}
