import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { JSONWebKeySet } from 'jose';
import type { Summary } from '../../load/tally.ts';
import { ROOT, until } from '../program.ts';
import { apply, get, IMAGE, kubectl, type Pod, RESTRICTED } from './cluster.ts';

/**
 * test/load as a pod beside an application: it has the application's own Secret and nothing else, and reaches the
 * provider through the Service. Its files travel in a ConfigMap, so the image is the one that is shipped.
 */

/** Whoever signs in, without the number; quickstart.ts adds them to the tenant's people. */
export const CROWD = 'visitor';
const NAMESPACE = 'analytics';
const NAME = 'sign-in-load';
const MOUNT = '/app/test';

export interface Result {
  people: number;
  stillSignedIn: number;
  summary: Summary;
  /** Of one of them. */
  idToken: string;
  /** The key set that the provider published at the end. */
  keys: JSONWebKeySet;
  /** One for every second in which something happened: `at`, and counts. */
  seconds: Second[];
}

export interface Second {
  at: string;
  signIns?: number;
  returns?: number;
  retried?: number;
  restarted?: number;
  failed?: number;
  lost?: number;
}

export interface Load extends AsyncDisposable {
  /** No more new people; everybody comes back once more. Waits for the end. */
  finish(): Promise<Result>;
  /**
   * Milliseconds from the change to when every one of many answers in a row is the new one: `redirectUri` is accepted.
   * Watches from inside the cluster, over new connections, so that all replicas are asked.
   */
  untilAccepted(redirectUri: string, change: () => Promise<void>): Promise<number>;
}

export interface LoadOptions {
  /** PEM that the provider's certificates are checked with. */
  ca: string;
  /** Ends by itself after so long. */
  seconds: number;
  people?: number;
  pauseMs?: number;
}

/** Resolves when people sign in. */
export async function startLoad(options: LoadOptions): Promise<Load> {
  await remove();
  await apply(await configMap(options.ca));
  await apply(await pod(options));
  await until(
    'the load runs',
    async () =>
      logs()
        .then(text => text.includes('"signIns"'))
        .then(is => is || undefined),
    60,
  );
  return {
    async finish() {
      const phase = async (): Promise<string> => (await get<Pod>('pod', NAMESPACE, NAME)).status.phase;
      if ((await phase()) === 'Running')
        await kubectl(['exec', '-n', NAMESPACE, NAME, '--', 'node', '-e', 'process.kill(1, "SIGUSR2")']);
      const ended = await until(
        'the load ends',
        async () => ((await phase()) === 'Running' ? undefined : phase()),
        120,
      );
      const lines = (await logs()).trim().split('\n');
      if (ended !== 'Succeeded') throw new Error(`the load ${ended}: ${lines.slice(-5).join('\n')}`);
      const last = JSON.parse(lines.pop() ?? '') as Omit<Result, 'seconds'>;
      return { ...last, seconds: lines.map(line => JSON.parse(line) as Second) };
    },
    async untilAccepted(redirectUri, change) {
      const watching = kubectl(['exec', '-n', NAMESPACE, NAME, '--', 'node', `${MOUNT}/load/watch.ts`, redirectUri]);
      watching.catch(() => undefined);
      await delay(2000);
      const changed = Date.now();
      await change();
      return Date.parse((await watching).trim()) - changed;
    },
    [Symbol.asyncDispose]: remove,
  };
}

const logs = (): Promise<string> => kubectl(['logs', '-n', NAMESPACE, NAME]);

async function remove(): Promise<void> {
  await kubectl(['delete', 'pod', NAME, '-n', NAMESPACE, '--ignore-not-found', '--grace-period=1']);
}

const files = async (): Promise<string[]> => [
  'support/person.ts',
  ...(await readdir(join(ROOT, 'test', 'load'))).map(name => `load/${name}`),
];

const keyOf = (path: string): string => path.replace('/', '.');

async function configMap(ca: string): Promise<object> {
  const entries = (await files()).map(async path => [keyOf(path), await readFile(join(ROOT, 'test', path), 'utf8')]);
  const data = { ...Object.fromEntries(await Promise.all(entries)), 'ca.crt': ca };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: NAME, namespace: NAMESPACE }, data };
}

async function pod(options: LoadOptions): Promise<object> {
  const paths = await files();
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: NAME, namespace: NAMESPACE },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      containers: [
        {
          name: 'load',
          image: IMAGE,
          imagePullPolicy: 'IfNotPresent',
          command: ['node', `${MOUNT}/load/main.ts`],
          workingDir: '/app',
          env: Object.entries(settings(options)).map(([name, value]) => ({ name, value })),
          envFrom: [{ secretRef: { name: 'reports-sso' } }],
          securityContext: RESTRICTED,
          volumeMounts: [{ name: 'files', mountPath: MOUNT, readOnly: true }],
        },
      ],
      volumes: [
        {
          name: 'files',
          configMap: { name: NAME, items: [...paths, 'ca.crt'].map(path => ({ key: keyOf(path), path })) },
        },
      ],
    },
  };
}

const settings = ({ seconds, people = 4, pauseMs = 600 }: LoadOptions): Record<string, string> => ({
  LOAD_HOST: 'sso-idp.sso-idp.svc',
  LOAD_ISSUER: 'https://acme.localhost',
  LOAD_REDIRECT_URI: 'https://demo.localhost:8444/callback',
  LOAD_USERNAME: CROWD,
  LOAD_PASSWORD: 'analytical-engine',
  LOAD_CA_FILE: `${MOUNT}/ca.crt`,
  LOAD_SECONDS: String(seconds),
  LOAD_PEOPLE: String(people),
  LOAD_PAUSE_MS: String(pauseMs),
});
