import { CHART, helm } from '../helm.ts';
import { NAMESPACES } from '../installation.ts';
import { until } from '../program.ts';
import { apply, get, IMAGE, isReady, KUBECONFIG, kubectl, list, type Pod, VALKEY_IMAGE } from './cluster.ts';
import { dropVolume, lendVolume } from './volume.ts';

/** The chart as people install it, in namespaces that bear the mark of the tests; where they do not, nothing is touched. */

const RELEASE = 'sso-operator';
const MARK = { 'sso-operator.dev/test': 'true' };
export const IDP = 'app.kubernetes.io/name=sso-idp';
export const OPERATOR = 'app.kubernetes.io/name=sso-operator';

const run = async (args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await helm([...args, '-n', NAMESPACES.operator, '--kubeconfig', KUBECONFIG ?? '']);
  if (code !== 0) throw new Error(`helm ${args[0]}: ${stderr.trim()}`);
  return stdout;
};

/** `name:tag` as values of the chart. */
function image(prefix: string, name: string): string[] {
  const colon = name.lastIndexOf(':');
  return [`--set=${prefix}.repository=${name.slice(0, colon)}`, `--set=${prefix}.tag=${name.slice(colon + 1)}`];
}

const values = (): string[] => [
  ...image('image', IMAGE ?? ''),
  ...(VALKEY_IMAGE === undefined ? [] : image('valkey.image', VALKEY_IMAGE)),
  '--set=developmentCa=true',
];

/** Refuses where somebody else's release is. */
export async function requireOwn(): Promise<void> {
  for (const name of Object.values(NAMESPACES)) {
    const found = await get<{ metadata: { labels?: Record<string, string> } }>('namespace', '', name).catch(
      () => undefined,
    );
    if (found !== undefined && found.metadata.labels?.['sso-operator.dev/test'] !== 'true')
      throw new Error(`the namespace ${name} is not of these tests: they want a cluster without a release`);
  }
}

export async function install(): Promise<void> {
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACES.operator, labels: MARK } });
  await run(['install', RELEASE, CHART, ...values()]);
  await kubectl(['label', 'namespace', NAMESPACES.idp, 'sso-operator.dev/test=true', '--overwrite']);
  await lendVolume();
  await rolledOut();
}

export async function upgrade(...more: string[]): Promise<void> {
  await run(['upgrade', RELEASE, CHART, ...values(), ...more]);
  await rolledOut();
}

export const uninstall = (): Promise<string> => run(['uninstall', RELEASE, '--wait']);

export async function rolledOut(): Promise<void> {
  for (const [namespace, name] of [
    // A replica is Ready without it, and answers 503 until it is there (docs/storage.md).
    [NAMESPACES.idp, 'statefulset/sso-valkey'],
    [NAMESPACES.operator, 'deployment/sso-operator'],
    [NAMESPACES.idp, 'deployment/sso-idp'],
  ] as const)
    await kubectl(['rollout', 'status', name, '-n', namespace, '--timeout=180s']);
}

/** Takes away everything that these tests made, also what an uninstall keeps. */
export async function clear(): Promise<void> {
  await requireOwn();
  await helm(['uninstall', RELEASE, '-n', NAMESPACES.operator, '--kubeconfig', KUBECONFIG ?? '', '--wait']);
  const crds = ['oidcclients', 'samlclients', 'ssotenants'].map(plural => `crd/${plural}.sso-operator.dev`);
  const namespaces = [...Object.values(NAMESPACES), 'team-acme', 'team-globex', 'analytics', 'sales'];
  const all = [...crds, ...namespaces.map(name => `namespace/${name}`)];
  await kubectl(['delete', '--ignore-not-found', '--timeout=120s', ...all]);
  await dropVolume();
}

/** Those that are not leaving. */
export async function podsOf(selector: typeof IDP | typeof OPERATOR): Promise<Pod[]> {
  const pods = await list<Pod>('pod', selector === IDP ? NAMESPACES.idp : NAMESPACES.operator, selector);
  return pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

export const threeReady = (): Promise<true> =>
  until(
    'three replicas are ready',
    async () => ((await podsOf(IDP)).filter(isReady).length === 3 ? true : undefined),
    90,
  );

/** PEM of the development CA. */
export async function readCa(): Promise<string> {
  const { data } = await get<{ data: Record<string, string> }>('secret', NAMESPACES.operator, 'sso-development-ca');
  return Buffer.from(data['ca.crt'] ?? '', 'base64').toString();
}

/** The Pod that leads now: its name stands before the underscore. */
export async function leader(): Promise<string> {
  const lease = await get<{ spec: { holderIdentity?: string } }>('lease', NAMESPACES.operator, 'sso-operator');
  return lease.spec.holderIdentity ?? '';
}
