import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findBinaries } from '../api-server-binaries.ts';

/**
 * The cluster that the tests with pods run on: whatever `SSO_TEST_KUBECONFIG` points to, and never the kubeconfig that
 * happens to lie about. docs/image.md says how to get one.
 */

export const KUBECONFIG = process.env['SSO_TEST_KUBECONFIG'];
/** `name:tag` of images that the nodes have or can pull. */
export const IMAGE = process.env['SSO_TEST_IMAGE'];
export const VALKEY_IMAGE = process.env['SSO_TEST_VALKEY_IMAGE'];
/** Of a kube-apiserver on this machine: the tests may stop it for a while. */
export const API_SERVER_PID_FILE = process.env['SSO_TEST_API_SERVER_PID_FILE'];

export const NO_CLUSTER =
  (KUBECONFIG === undefined || IMAGE === undefined || !existsSync(KUBECONFIG)) &&
  'no cluster given: set SSO_TEST_KUBECONFIG and SSO_TEST_IMAGE (docs/image.md)';

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

export function runWith(command: string, args: readonly string[], input = ''): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: { ...process.env, KUBECONFIG: KUBECONFIG ?? '' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', chunk => out.push(chunk));
    child.stderr.on('data', chunk => err.push(chunk));
    child.on('error', reject);
    child.on('close', code =>
      resolve({ code: code ?? -1, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }),
    );
    child.stdin.end(input);
  });
}

/** Standard output; throws with what kubectl said. */
export async function kubectl(args: readonly string[], input = ''): Promise<string> {
  const { kubectl: binary } = await findBinaries();
  const { code, stdout, stderr } = await runWith(binary, args, input);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr.trim()}`);
  return stdout;
}

export async function get<T>(kind: string, namespace: string, name: string): Promise<T> {
  return JSON.parse(await kubectl(['get', kind, name, '-n', namespace, '-o', 'json'])) as T;
}

export async function list<T>(kind: string, namespace: string, selector = ''): Promise<T[]> {
  const text = await kubectl(['get', kind, '-n', namespace, '-l', selector, '-o', 'json']);
  return (JSON.parse(text) as { items: T[] }).items;
}

export async function apply(object: object): Promise<void> {
  await kubectl(['apply', '-f', '-'], JSON.stringify(object));
}

/** What the tests read of a pod. */
export interface Pod {
  spec: { nodeName: string };
  metadata: { name: string; uid: string; creationTimestamp: string; deletionTimestamp?: string };
  status: {
    phase: string;
    podIP?: string;
    conditions?: { type: string; status: string; lastTransitionTime: string }[];
    containerStatuses?: { restartCount: number; ready: boolean; state?: { running?: { startedAt: string } } }[];
  };
}

export const isReady = ({ metadata, status }: Pod): boolean =>
  metadata.deletionTimestamp === undefined &&
  status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;

/** For pods without rights of their own, in a namespace that allows nothing else. */
export const RESTRICTED = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};
