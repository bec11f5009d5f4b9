import { setTimeout as delay } from 'node:timers/promises';
import { apply, get, IMAGE, kubectl, type Pod } from './cluster.ts';

/** A script of Node as root on a node: what a cluster's administrator could do by hand. */

export interface OneScript {
  name: string;
  script: string;
  args?: string[];
  nodeName?: string;
  hostPID?: boolean;
  /** A folder of the node, under the same path in the pod. */
  folder?: string;
}

const NAMESPACE = 'default';

/** Waits for its end; throws what it printed when it failed. */
export async function runOnce({
  name,
  script,
  args = [],
  nodeName,
  hostPID = false,
  folder,
}: OneScript): Promise<void> {
  await kubectl(['delete', 'pod', name, '-n', NAMESPACE, '--ignore-not-found', '--grace-period=1']);
  const container = {
    name,
    image: IMAGE,
    imagePullPolicy: 'IfNotPresent',
    command: ['node', '-e', script, ...args],
    securityContext: { runAsUser: 0, runAsNonRoot: false, privileged: true },
    ...(folder !== undefined && { volumeMounts: [{ name: 'node', mountPath: folder }] }),
  };
  const spec = {
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    hostPID,
    ...(nodeName !== undefined && { nodeName }),
    containers: [container],
    ...(folder !== undefined && { volumes: [{ name: 'node', hostPath: { path: folder } }] }),
  };
  await apply({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: NAMESPACE }, spec });
  for (;;) {
    const { phase } = (await get<Pod>('pod', NAMESPACE, name)).status;
    if (phase === 'Succeeded') break;
    if (phase === 'Failed') throw new Error(await kubectl(['logs', name, '-n', NAMESPACE]));
    await delay(200);
  }
  await kubectl(['delete', 'pod', name, '-n', NAMESPACE, '--grace-period=1', '--wait=false']);
}
