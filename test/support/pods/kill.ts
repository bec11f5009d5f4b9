import { setTimeout as delay } from 'node:timers/promises';
import { apply, get, IMAGE, kubectl, type Pod } from './cluster.ts';

/** Deaths without a farewell. */

/** The pod is gone from the API at once; its processes are killed. */
export async function deleteByForce({ metadata }: Pod, namespace: string): Promise<void> {
  await kubectl(['delete', 'pod', metadata.name, '-n', namespace, '--grace-period=0', '--force']);
}

/**
 * Kills the processes of a pod with signal 9 while the cluster believes in it. The first process of a container takes no
 * such signal from its own kind, so another pod sends it, from the process list of the node.
 */
export async function killProcesses(pod: Pod): Promise<void> {
  const name = 'killer';
  const namespace = 'default';
  await kubectl(['delete', 'pod', name, '-n', namespace, '--ignore-not-found', '--grace-period=1']);
  await apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: {
      restartPolicy: 'Never',
      hostPID: true,
      nodeName: pod.spec.nodeName,
      automountServiceAccountToken: false,
      containers: [
        {
          name,
          image: IMAGE,
          imagePullPolicy: 'IfNotPresent',
          command: ['node', '-e', SCRIPT, pod.metadata.uid],
          securityContext: { runAsUser: 0, runAsNonRoot: false, privileged: true },
        },
      ],
    },
  });
  for (;;) {
    const { phase } = (await get<Pod>('pod', namespace, name)).status;
    if (phase === 'Succeeded') break;
    if (phase === 'Failed') throw new Error(await kubectl(['logs', name, '-n', namespace]));
    await delay(200);
  }
  await kubectl(['delete', 'pod', name, '-n', namespace, '--grace-period=1', '--wait=false']);
}

/** A cgroup names the UID of its pod, with dashes or underscores. */
const SCRIPT = `
const { readdirSync, readFileSync } = require('node:fs');
const uid = process.argv[1];
const read = path => { try { return readFileSync(path, 'utf8'); } catch { return ''; } };
const pids = readdirSync('/proc').filter(name => /^\\d+$/.test(name)).filter(pid => {
  const group = read('/proc/' + pid + '/cgroup');
  return (group.includes(uid) || group.includes(uid.replaceAll('-', '_'))) && read('/proc/' + pid + '/cmdline').startsWith('node\\0');
});
if (pids.length === 0) throw new Error('no process of ' + uid);
for (const pid of pids) process.kill(Number(pid), 'SIGKILL');
`;
