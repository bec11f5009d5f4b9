import { NAMESPACES } from '#test/support/installation.ts';
import { kubectl, type Pod } from '#test/support/pods/cluster.ts';

/** What the cluster itself says of our pods. */

interface Stats {
  pods: {
    podRef: { name: string; namespace: string };
    containers: { memory: { workingSetBytes?: number; rssBytes?: number } }[];
  }[];
}

/** As `kubectl top` would tell it, and resident. */
export async function workingSets(): Promise<string[]> {
  const nodes = (await kubectl(['get', 'nodes', '-o', 'name']))
    .trim()
    .split('\n')
    .map(name => name.split('/')[1] ?? '');
  const stats = await Promise.all(
    nodes.map(
      async name => JSON.parse(await kubectl(['get', '--raw', `/api/v1/nodes/${name}/proxy/stats/summary`])) as Stats,
    ),
  );
  const ours = stats
    .flatMap(({ pods }) => pods)
    .filter(({ podRef }) => Object.values<string>(NAMESPACES).includes(podRef.namespace));
  return ours.map(({ podRef, containers }) => {
    const sum = (of: 'workingSetBytes' | 'rssBytes'): string =>
      (containers.reduce((all, { memory }) => all + (memory[of] ?? 0), 0) / 2 ** 20).toFixed(0);
    return `${podRef.name}: working set ${sum('workingSetBytes')} MiB, resident ${sum('rssBytes')} MiB`;
  });
}

/** From the start of the container to Ready; the cluster counts whole seconds. */
export function startUp(pods: readonly Pod[]): string[] {
  return pods.map(({ metadata, status }) => {
    const started = Date.parse(status.containerStatuses?.[0]?.state?.running?.startedAt ?? '');
    const ready = Date.parse(status.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime ?? '');
    return `${metadata.name}: Ready ${(ready - started) / 1000} s after its container started`;
  });
}
