import { spawn } from 'node:child_process';
import { access, cp, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiServer } from './api-server.ts';
import { startGuard, startService } from './api-server-process.ts';
import { cacheFolder, makeOnce } from './cache.ts';
import { ROOT, until } from './program.ts';

/**
 * cert-manager's own controllers on the API server of a test (test/cert-manager/main.go), found in the cache or built from
 * their Go module into it; and a CA that issues.
 */

const CERT_MANAGER = '1.21.2';
const MODULE = 'github.com/cert-manager/cert-manager';
const SOURCE = join(ROOT, 'test', 'cert-manager');
const ENV = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false' };

/** Absolute path of a folder with the program and the CRDs; undefined: there is none, and none could be built. */
async function find(): Promise<string | undefined> {
  const folder = join(cacheFolder(), `cert-manager-${CERT_MANAGER}`);
  const isComplete = (): Promise<boolean> =>
    access(join(folder, 'cert-manager')).then(
      () => true,
      () => false,
    );
  const making = { folder, what: 'cert-manager for the tests', isComplete, make: () => build(folder) };
  return makeOnce(making).then(
    () => folder,
    (failure: unknown) => {
      process.stderr.write(`cert-manager for the tests: ${String(failure)}\n`);
      return undefined;
    },
  );
}

async function build(folder: string): Promise<void> {
  process.stderr.write(`cert-manager for the tests: building ${CERT_MANAGER} once; this takes about four minutes\n`);
  const target = await mkdtemp(`${folder}-`);
  try {
    await go(['build', '-trimpath', '-ldflags=-s -w', '-o', join(target, 'cert-manager'), '.']);
    const module = (await go(['list', '-m', '-f', '{{.Dir}}', MODULE])).trim();
    await cp(join(module, 'deploy', 'crds'), join(target, 'crds'), { recursive: true });
    await rename(target, folder);
  } finally {
    await rm(target, { recursive: true, force: true });
  }
}

const GO = 'go';

function go(args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(GO, args, { cwd: SOURCE, stdio: ['ignore', 'pipe', 'pipe'], env: ENV });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', chunk => out.push(chunk));
    child.stderr.on('data', chunk => err.push(chunk));
    child.on('error', reject);
    child.on('close', code => {
      if (code === 0) resolve(Buffer.concat(out).toString());
      else reject(new Error(`go ${args[0]}: ${Buffer.concat(err).toString().slice(-1500)}`));
    });
  });
}

const found = await find();

/** For `skip` of node:test. */
export const NO_CERT_MANAGER =
  found === undefined && 'cert-manager is missing: install Go 1.26 (https://go.dev/dl), which builds it once';

/** Namespace of the Secrets that a ClusterIssuer uses. */
export const ISSUER_NAMESPACE = 'cert-manager';
/** A ClusterIssuer that signs with a CA of its own. */
export const ISSUER = 'test-ca';

/** Makes the API server serve cert-manager's kinds. */
export async function installCertManagerCrds(api: ApiServer): Promise<void> {
  const folder = join(found ?? '', 'crds');
  const files = (await readdir(folder)).filter(name => name.endsWith('.yaml')).map(name => join(folder, name));
  await run(api, ['apply', '--server-side', '-f', files.join(',')]);
  await run(api, ['wait', '--for=condition=Established', '--timeout=30s', '-f', files.join(',')]);
}

export interface CertManager extends AsyncDisposable {
  /** PEM of the CA that {@link ISSUER} signs with. */
  ca: string;
}

/** Needs the CRDs. Ready to issue when this resolves. */
export async function startCertManager(api: ApiServer): Promise<CertManager> {
  const folder = await mkdtemp(join(tmpdir(), 'sso-cert-manager-'));
  const guard = startGuard(folder);
  const args = [`-kubeconfig=${api.kubeconfig('admin')}`, `-cluster-resource-namespace=${ISSUER_NAMESPACE}`];
  const service = startService(guard, join(found ?? '', 'cert-manager'), args, join(folder, 'cert-manager.log'));
  await run(api, ['apply', '--server-side', '-f', '-'], CA);
  await run(api, ['wait', '--for=condition=Ready', '--timeout=60s', `clusterissuer/${ISSUER}`]);
  const path = ['get', 'secret', ISSUER, '-n', ISSUER_NAMESPACE, '-o', 'jsonpath={.data.ca\\.crt}'];
  const ca = await until('the CA of the issuer', async () => (await run(api, path)) || undefined);
  return {
    ca: Buffer.from(ca, 'base64').toString(),
    async [Symbol.asyncDispose]() {
      await service.kill();
      guard.dismiss();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const CA = `
{apiVersion: v1, kind: Namespace, metadata: {name: ${ISSUER_NAMESPACE}}}
---
{apiVersion: cert-manager.io/v1, kind: ClusterIssuer, metadata: {name: self-signed}, spec: {selfSigned: {}}}
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: ${ISSUER}, namespace: ${ISSUER_NAMESPACE}}
spec:
  isCA: true
  commonName: test CA
  secretName: ${ISSUER}
  privateKey: {algorithm: ECDSA, size: 256, rotationPolicy: Never}
  issuerRef: {group: cert-manager.io, kind: ClusterIssuer, name: self-signed}
---
apiVersion: cert-manager.io/v1
kind: ClusterIssuer
metadata: {name: ${ISSUER}}
spec: {ca: {secretName: ${ISSUER}}}
`;

async function run(api: ApiServer, args: string[], stdin?: string): Promise<string> {
  const { code, stdout, stderr } = await api.kubectl(args, stdin);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
  return stdout;
}
