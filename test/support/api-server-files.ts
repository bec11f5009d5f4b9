import { generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The files that a kube-apiserver of the tests reads and writes, all in its own folder. */

export interface User {
  name: string;
  groups?: string[];
}

/** One request that the API server answered. */
export interface AuditLine {
  verb: string;
  /** Empty: the core group. */
  group: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
  user: string;
  /** HTTP status of the answer. */
  code: number;
}

const READS = ['get', 'list', 'watch'];
const LEAVE_OUT = { writes: [{ level: 'None', verbs: READS }], everything: [] };

/** What is kept of what was asked. Reads are many: a test that counts them says so. */
export type Audited = keyof typeof LEAVE_OUT;

const auditPolicy = (audited: Audited): object => ({
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [...LEAVE_OUT[audited], { level: 'Metadata' }],
});

export const tokenOf = (user: string): string => `token-of-${user}`;

/** Service accounts have colons in their names, which KUBECONFIG takes for the end of a path. */
export const kubeconfigPath = (folder: string, user: string): string =>
  join(folder, `${user.replaceAll(':', '_')}.kubeconfig`);

export async function writeServerFiles(folder: string, users: User[], audited: Audited): Promise<void> {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const tokens = users.map(({ name, groups }) => `${tokenOf(name)},${name},${name},"${(groups ?? []).join(',')}"`);
  await writeFile(join(folder, 'sa.key'), key.privateKey.export({ type: 'sec1', format: 'pem' }), { mode: 0o600 });
  await writeFile(join(folder, 'sa.pub'), key.publicKey.export({ type: 'spki', format: 'pem' }));
  await writeFile(join(folder, 'tokens.csv'), `${tokens.join('\n')}\n`, { mode: 0o600 });
  await writeFile(join(folder, 'audit-policy.json'), JSON.stringify(auditPolicy(audited)));
}

export async function writeKubeconfigs(folder: string, server: string, users: User[]): Promise<void> {
  for (const { name } of users) {
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'test', cluster: { server, 'certificate-authority': caPath(folder) } }],
      users: [{ name, user: { token: tokenOf(name) } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: name } }],
      'current-context': 'test',
    };
    await writeFile(kubeconfigPath(folder, name), JSON.stringify(config), { mode: 0o600 });
  }
}

export const isWrite = ({ verb }: AuditLine): boolean => !READS.includes(verb);

/** The API server makes its own certificate here on its first start and keeps it over restarts. */
export const caPath = (folder: string): string => join(folder, 'pki', 'apiserver.crt');

/** In the order of the answers. */
export async function readAudit(folder: string, user: string): Promise<AuditLine[]> {
  const text = await readFile(join(folder, 'audit.log'), 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter(line => line.endsWith('}'))
    .map(line => toAuditLine(JSON.parse(line) as AuditEvent))
    .filter(line => line.user === user);
}

interface AuditEvent {
  verb: string;
  user: { username: string };
  objectRef?: { apiGroup?: string; resource?: string; subresource?: string; namespace?: string; name?: string };
  responseStatus?: { code?: number };
}

function toAuditLine({ verb, user, objectRef = {}, responseStatus }: AuditEvent): AuditLine {
  return {
    verb,
    group: objectRef.apiGroup ?? '',
    resource: objectRef.resource ?? '',
    subresource: objectRef.subresource ?? '',
    namespace: objectRef.namespace ?? '',
    name: objectRef.name ?? '',
    user: user.username,
    code: responseStatus?.code ?? 0,
  };
}

export const etcdArguments = (folder: string, client: number, peer: number): string[] => [
  `--data-dir=${join(folder, 'etcd')}`,
  `--listen-client-urls=http://127.0.0.1:${client}`,
  `--advertise-client-urls=http://127.0.0.1:${client}`,
  `--listen-peer-urls=http://127.0.0.1:${peer}`,
  `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
  `--initial-cluster=default=http://127.0.0.1:${peer}`,
  '--unsafe-no-fsync',
  '--log-level=error',
];

export const apiServerArguments = (folder: string, port: number, etcd: number): string[] => [
  `--etcd-servers=http://127.0.0.1:${etcd}`,
  '--bind-address=127.0.0.1',
  '--advertise-address=127.0.0.1',
  `--secure-port=${port}`,
  `--cert-dir=${join(folder, 'pki')}`,
  '--service-cluster-ip-range=10.0.0.0/24',
  '--endpoint-reconciler-type=none',
  '--authorization-mode=RBAC',
  `--token-auth-file=${join(folder, 'tokens.csv')}`,
  '--service-account-issuer=https://kubernetes.default.svc',
  `--service-account-key-file=${join(folder, 'sa.pub')}`,
  `--service-account-signing-key-file=${join(folder, 'sa.key')}`,
  // There is no controller manager here that would make the default service account of a namespace.
  '--disable-admission-plugins=ServiceAccount',
  `--audit-policy-file=${join(folder, 'audit-policy.json')}`,
  `--audit-log-path=${join(folder, 'audit.log')}`,
  '--audit-log-maxsize=1000',
  '--allow-privileged=true',
];
