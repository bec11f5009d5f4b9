import { GROUP } from '#crds/schema/group.ts';
import type { AnyResource, SsoTenant } from '#crds/schema/kinds.ts';
import { CORE } from '#crds/wire/cluster.ts';
import type { Change } from '#operator/local/apply-folder.ts';
import type { FolderCluster } from '#operator/local/folder-cluster.ts';
import type { FileProblem } from '#operator/local/kube-documents.ts';
import type { Applied } from '#operator/local/serve-folder.ts';
import { ourObjects } from '#operator/local/settled.ts';
import { OURS } from '#operator/reconcile/types.ts';
import { conditionTable } from './conditions.ts';
import { table } from './table.ts';

/** What `sso dev` prints. */

/** On a Secret with people: whom to try it with. Made for examples. */
const DEMO_SIGN_IN = `${GROUP}/demo-sign-in`;

export function addresses(cluster: FolderCluster, demoOrigin: string): string[] {
  const tenants = cluster.list<SsoTenant>(OURS.SsoTenant);
  const rows = tenants.map(tenant => {
    const { displayName = tenant.metadata.name, domain } = tenant.spec;
    return [displayName, tenant.status?.issuer ?? `https://${domain}`, demoSignIn(cluster, tenant)];
  });
  return table([...rows, ['Demo app', demoOrigin, '']]);
}

function demoSignIn(cluster: FolderCluster, { metadata, spec }: SsoTenant): string {
  const names = spec.identitySources.flatMap(({ users }) => (users === undefined ? [] : [users.secretRef.name]));
  const found = cluster
    .list(CORE.secrets)
    .filter(secret => secret.metadata.namespace === metadata.namespace && names.includes(secret.metadata.name))
    .flatMap(secret => secret.metadata.annotations?.[DEMO_SIGN_IN] ?? []);
  return found.length > 0 ? `sign in as ${found.join(', ')}` : '';
}

const MOST_ROWS = 20;

/** Everything of a small folder; of a large one what changed and what is not ready. */
export function conditions(cluster: FolderCluster, changes: readonly Change[]): string[] {
  const all = ourObjects(cluster);
  const names = new Set(changes.map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`));
  const isShown = ({ kind, metadata, status }: AnyResource): boolean =>
    all.length <= MOST_ROWS ||
    names.has(`${kind} ${metadata.namespace}/${metadata.name}`) ||
    !(status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True');
  return conditionTable(all.filter(isShown));
}

export const problemLine = ({ file, line, column, message }: FileProblem): string =>
  `${file}:${line}:${column}: ${message}`;

/** One save: what changed, what is broken. */
export function saved({ changes, problems, isSettled, milliseconds }: Applied, time: string): string[] {
  const took = isSettled ? `live in ${Math.round(milliseconds)} ms` : 'under way';
  const what = changes.map(
    ({ verb, kind, namespace, name }) => `${verb} ${kind} ${namespace ? `${namespace}/` : ''}${name}`,
  );
  const first = what.length > 0 ? [`${time}  ${what.join(', ')} (${took})`] : [];
  if (problems.length === 0) return first.length > 0 ? first : [`${time}  nothing changed`];
  return [
    ...problems.map(problem => `${time}  ${problemLine(problem)}`),
    `${time}  the last good state of a broken file keeps serving; nothing is deleted meanwhile`,
    ...first,
  ];
}
